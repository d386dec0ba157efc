"""A cohort with known truth: tumours of good and poor outcome, their tracks, peaks and sheet.

The model, from the genome to the file (every constant has its name in `resist_epi.simulation`):

1. *Landscape*, common to all tumours. H3K27me3: plateaus over the TSS of silent genes, near ones
   joined to domains; H3K36me3: over the bodies of active genes, rising from TSS to TES. Levels are
   folds of the background, log-normal between genes. The background varies by 100-kb blocks.
2. *Effects*: the log2 difference, poor minus good, of a domain or body as a whole. Random ones are
   signed so that the total signal hardly changes.
3. *Tumours*: each domain or body deviates by a normal log2 amount, of a variance of its own, in
   part shared by its neighbourhood; purity, batch and copies come on top.
4. *Libraries*: fragments of one length, Poisson, at a rate by which background and mark together
   give the library's depth; what the mark adds is multiplied by the library's efficiency.
5. *Files*: coverage in bins as counts per million, broad peaks against the library's average.

The truth of a region is log2 of the ratio of the groups' mean expected signal at equal background:
what an ideal normalisation would find with infinitely many tumours and reads.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
