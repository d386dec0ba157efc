"""The literature that a run's methods rest on, and which method rests on what."""

from __future__ import annotations

from resist_epi.stats.literature import Reference

REFERENCES: dict[str, Reference] = {
    "smyth2004": Reference(
        "Smyth GK",
        "Linear models and empirical Bayes methods for assessing differential expression in"
        " microarray experiments",
        "Stat Appl Genet Mol Biol 2004;3:3",
        "10.2202/1544-6115.1027",
    ),
    "law2014": Reference(
        "Law CW, Chen Y, Shi W, Smyth GK",
        "voom: precision weights unlock linear model analysis tools for RNA-seq read counts",
        "Genome Biol 2014;15:R29",
        "10.1186/gb-2014-15-2-r29",
    ),
    "phipson2016": Reference(
        "Phipson B, Lee S, Majewski IJ, Alexander WS, Smyth GK",
        "Robust hyperparameter estimation protects against hypervariable genes and improves power"
        " to detect differential expression",
        "Ann Appl Stat 2016;10:946-963",
        "10.1214/16-AOAS920",
    ),
    "benjamini1995": Reference(
        "Benjamini Y, Hochberg Y",
        "Controlling the false discovery rate: a practical and powerful approach to multiple"
        " testing",
        "J R Stat Soc B 1995;57:289-300",
        "10.1111/j.2517-6161.1995.tb02031.x",
    ),
    "bourgon2010": Reference(
        "Bourgon R, Gentleman R, Huber W",
        "Independent filtering increases detection power for high-throughput experiments",
        "Proc Natl Acad Sci USA 2010;107:9546-9551",
        "10.1073/pnas.0914005107",
    ),
    "robinson2010": Reference(
        "Robinson MD, Oshlack A",
        "A scaling normalization method for differential expression analysis of RNA-seq data",
        "Genome Biol 2010;11:R25",
        "10.1186/gb-2010-11-3-r25",
    ),
    "anders2010": Reference(
        "Anders S, Huber W",
        "Differential expression analysis for sequence count data",
        "Genome Biol 2010;11:R106",
        "10.1186/gb-2010-11-10-r106",
    ),
    "bullard2010": Reference(
        "Bullard JH, Purdom E, Hansen KD, Dudoit S",
        "Evaluation of statistical methods for normalization and differential expression in"
        " mRNA-Seq experiments",
        "BMC Bioinformatics 2010;11:94",
        "10.1186/1471-2105-11-94",
    ),
    "bolstad2003": Reference(
        "Bolstad BM, Irizarry RA, Astrand M, Speed TP",
        "A comparison of normalization methods for high density oligonucleotide array data based"
        " on variance and bias",
        "Bioinformatics 2003;19:185-193",
        "10.1093/bioinformatics/19.2.185",
    ),
    "lun2016": Reference(
        "Lun ATL, Smyth GK",
        "csaw: a Bioconductor package for differential binding analysis of ChIP-seq data using"
        " sliding windows",
        "Nucleic Acids Res 2016;44:e45",
        "10.1093/nar/gkv1191",
    ),
    "orlando2014": Reference(
        "Orlando DA, Chen MW, Brown VE, et al",
        "Quantitative ChIP-Seq normalization reveals global modulation of the epigenome",
        "Cell Rep 2014;9:1163-1170",
        "10.1016/j.celrep.2014.10.018",
    ),
    "lund2012": Reference(
        "Lund SP, Nettleton D, McCarthy DJ, Smyth GK",
        "Detecting differential expression in RNA-sequence data using quasi-likelihood with"
        " shrunken dispersion estimates",
        "Stat Appl Genet Mol Biol 2012;11:8",
        "10.1515/1544-6115.1826",
    ),
    "cox1972": Reference(
        "Cox DR",
        "Regression models and life-tables",
        "J R Stat Soc B 1972;34:187-220",
        "10.1111/j.2517-6161.1972.tb00899.x",
    ),
    "wilcoxon1945": Reference(
        "Wilcoxon F",
        "Individual comparisons by ranking methods",
        "Biometrics Bull 1945;1:80-83",
        "10.2307/3001968",
    ),
    "welch1947": Reference(
        "Welch BL",
        "The generalization of 'Student's' problem when several different population variances"
        " are involved",
        "Biometrika 1947;34:28-35",
        "10.1093/biomet/34.1-2.28",
    ),
    "ritchie2006": Reference(
        "Ritchie ME, Diyagama D, Neilson J, et al",
        "Empirical array quality weights in the analysis of microarray data",
        "BMC Bioinformatics 2006;7:261",
        "10.1186/1471-2105-7-261",
    ),
    "smyth2005": Reference(
        "Smyth GK, Michaud J, Scott HS",
        "Use of within-array replicate spots for assessing differential expression in microarray"
        " experiments",
        "Bioinformatics 2005;21:2067-2075",
        "10.1093/bioinformatics/bti270",
    ),
    "kuo2011": Reference(
        "Kuo AJ, Cheung P, Chen K, et al",
        "NSD2 links dimethylation of histone H3 at lysine 36 to oncogenic programming",
        "Mol Cell 2011;44:609-620",
        "10.1016/j.molcel.2011.08.042",
    ),
}

# What a header names as method or normalisation -> the papers behind it.
METHOD_SOURCES: dict[str, tuple[str, ...]] = {
    "trend": ("smyth2004", "law2014", "phipson2016"),
    "voom": ("law2014", "smyth2004"),
    "ql": ("lund2012",),
    "wilcoxon": ("wilcoxon1945",),
    "welch": ("welch1947",),
    "cox": ("cox1972",),
}

# What the header says besides of a fit, by a word of it.
OPTION_SOURCES: dict[str, tuple[str, ...]] = {
    "weighted": ("ritchie2006",),
    "random effect": ("smyth2005",),
}

NORMALIZATION_SOURCES: dict[str, tuple[str, ...]] = {
    "tmm": ("robinson2010",),
    "tmmwsp": ("robinson2010",),
    "rle": ("anders2010",),
    "upper_quartile": ("bullard2010",),
    "background": ("lun2016", "robinson2010"),
    "quantile": ("bolstad2003",),
    "spike_in": ("orlando2014",),
}


class Citations:
    """Numbers references in the order in which they are first cited."""

    def __init__(self) -> None:
        self.references: list[Reference] = []

    def cite(self, *papers: str | Reference) -> str:
        """Return the mark for the text, such as ` [1,2]`; nothing for no papers."""
        named = [REFERENCES[paper] if isinstance(paper, str) else paper for paper in papers]
        for paper in named:
            if paper not in self.references:
                self.references.append(paper)
        numbers = sorted(self.references.index(paper) + 1 for paper in named)
        return f" [{','.join(map(str, numbers))}]" if numbers else ""
