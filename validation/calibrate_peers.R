# The peers of calibrate.py: one process over many cohorts, a request a line on standard input:
#   METHOD COUNTS.bin REGIONS SAMPLES SIZES.bin ANSWER.bin GOOD
# Regions lie one after another; the first GOOD samples are good, the others poor. SIZES are
# effective library sizes (for `limma_trend_level` the values are log2 levels, and sizes unused).
# The answer is P, then adjusted P, then log2 fold change.
suppressMessages(library(edgeR))

edger_ql <- function(x, sizes, design) {
  d <- estimateDisp(DGEList(x, lib.size = sizes), design)
  found <- glmQLFTest(glmQLFit(d, design, robust = TRUE), coef = 2)$table
  list(found$PValue, p.adjust(found$PValue, "BH"), found$logFC)
}
moderated <- function(y, design) {
  fit <- eBayes(lmFit(y, design), trend = TRUE, robust = TRUE)
  p <- fit$p.value[, 2]
  list(p, p.adjust(p, "BH"), fit$coefficients[, 2])
}
limma_trend <- function(x, sizes, design) {
  moderated(cpm(DGEList(x, lib.size = sizes), log = TRUE, prior.count = 2), design)
}
limma_trend_level <- function(x, sizes, design) moderated(x, design)
voom_quality <- function(x, sizes, design) {
  fit <- eBayes(lmFit(voomWithQualityWeights(DGEList(x, lib.size = sizes), design)), robust = TRUE)
  p <- fit$p.value[, 2]
  list(p, p.adjust(p, "BH"), fit$coefficients[, 2])
}
deseq2 <- function(x, sizes, design) {
  library(DESeq2) # slow to load, so only where it is asked for
  storage.mode(x) <- "integer"
  d <- DESeqDataSetFromMatrix(x, data.frame(g = factor(design[, 2])), ~ g)
  sizeFactors(d) <- sizes / exp(mean(log(sizes)))
  found <- results(DESeq(d, quiet = TRUE))
  list(found$pvalue, found$padj, found$log2FoldChange)
}
peers <- list(edger_ql = edger_ql, limma_trend = limma_trend,
              limma_trend_level = limma_trend_level,
              voom_quality = voom_quality, deseq2 = deseq2)

requests <- file("stdin", "r")
while (length(line <- readLines(requests, 1)) > 0) {
  part <- strsplit(line, "\t")[[1]]
  n <- as.integer(part[3]); s <- as.integer(part[4])
  x <- matrix(readBin(part[2], "double", n * s), n, byrow = TRUE)
  design <- cbind(1, as.integer(seq_len(s) > as.integer(part[7])))
  answer <- suppressMessages(peers[[part[1]]](x, readBin(part[5], "double", s), design))
  writeBin(as.double(unlist(answer)), part[6])
  cat("done\n"); flush(stdout())
}
