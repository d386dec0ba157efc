# Copy number profiles with known segments, and what DNAcopy makes of them:
#   Rscript segmentation.R [PROFILES] [SEED] [FOLDER]
# Writes segmentation.profiles.tsv.gz (a column a profile, rows bins in order),
# segmentation.truth.tsv.gz (the same without noise) and segmentation.answer.tsv.gz (segments).
suppressPackageStartupMessages(library(DNAcopy))

arguments <- commandArgs(trailingOnly = TRUE)
n_profiles <- if (length(arguments) > 0) as.integer(arguments[1]) else 8
seed <- if (length(arguments) > 1) as.integer(arguments[2]) else 20
folder <- if (length(arguments) > 2) arguments[3] else "."
RNGversion("4.2.0")
set.seed(seed)

lengths <- c(900, 700, 500, 300)
chrom <- rep(seq_along(lengths), lengths)
position <- sequence(lengths)

truth_of <- function() {
  level <- numeric(length(chrom))
  for (k in seq_along(lengths)) {
    here <- which(chrom == k)
    n <- length(here)
    if (runif(1) < 0.5) {                       # an arm
      cut <- sample(seq(round(0.3 * n), round(0.6 * n)), 1)
      part <- if (runif(1) < 0.5) here[1:cut] else here[(cut + 1):n]
      level[part] <- level[part] + sample(c(-0.35, -0.2, 0.2, 0.35), 1)
    }
    if (runif(1) < 0.5) {                       # a focal gain or loss
      width <- sample(6:40, 1)
      from <- sample(seq_len(n - width), 1)
      part <- here[from:(from + width - 1)]
      level[part] <- level[part] + sample(c(-0.5, 0.5, 1, 2), 1)
    }
  }
  level
}

# Kinds of noise in turn: plain, strong, waves along the genome, outliers; every fifth is a null.
noise_of <- function(kind) {
  n <- length(chrom)
  white <- rnorm(n)
  switch(kind,
    plain = 0.1 * white,
    strong = 0.25 * white,
    waves = 0.1 * as.numeric(stats::filter(white, 0.4, method = "recursive")) +
      0.04 * sin(2 * pi * seq_len(n) / 150 + runif(1, 0, 6)),
    outliers = 0.1 * ifelse(runif(n) < 0.01, 6 * sign(white), white)
  )
}
kinds <- rep(c("plain", "strong", "waves", "outliers"), length.out = n_profiles)
null <- seq_len(n_profiles) %% 5 == 0
truth <- sapply(seq_len(n_profiles), function(i) if (null[i]) numeric(length(chrom)) else truth_of())
values <- round(truth + sapply(kinds, noise_of), 4)
name <- sprintf("%s%02d", ifelse(null, paste0("null_", kinds), kinds), seq_len(n_profiles))
colnames(values) <- colnames(truth) <- name

started <- proc.time()
cna <- smooth.CNA(CNA(values, chrom, position, data.type = "logratio", sampleid = name))
answer <- segment(cna, verbose = 0)$output
spent <- (proc.time() - started)[["user.self"]]
cat(sprintf("DNAcopy %s: %.2f CPU s a profile of %d bins\n",
            packageVersion("DNAcopy"), spent / n_profiles, length(chrom)))

save_table <- function(table, what) {
  out <- gzfile(file.path(folder, paste0("segmentation.", what, ".tsv.gz")), "w")
  write.table(table, out, sep = "\t", quote = FALSE, row.names = FALSE)
  close(out)
}
save_table(data.frame(chrom, values, check.names = FALSE), "profiles")
save_table(data.frame(chrom, truth, check.names = FALSE), "truth")
save_table(data.frame(ID = answer$ID, chrom = answer$chrom, start = answer$loc.start,
                      end = answer$loc.end, mean = answer$seg.mean), "answer")
