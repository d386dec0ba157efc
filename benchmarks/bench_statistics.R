# One measurement of a peer in R, for bench_statistics.py: prints CPU seconds and peak megabytes.
#   Rscript bench_statistics.R METHOD COUNTS.bin REGIONS SAMPLES
arguments <- commandArgs(TRUE)
method <- arguments[1]; n <- as.integer(arguments[3]); s <- as.integer(arguments[4])
x <- matrix(readBin(arguments[2], "double", n * s), n, byrow = TRUE)
group <- rep(0:1, each = s / 2); design <- cbind(1, group)
suppressMessages(switch(sub("_.*", "", method), deseq2 = library(DESeq2), coxph = library(survival), library(edgeR)))
log_cpm <- function() {
  size <- colSums(x) * calcNormFactors(x)
  t(log2(t(x + 0.5) / (size + 1) * 1e6))
}
timed <- function(expression) sum(system.time(expression)[1:2])
seconds <- switch(method,
  limma_trend = { y <- log_cpm(); timed(eBayes(lmFit(y, design), trend = TRUE, robust = TRUE)) },
  limma_trend_weights = { y <- log_cpm(); timed(eBayes(lmFit(y, design, weights = arrayWeights(y, design)), trend = TRUE, robust = TRUE)) },
  limma_voom = { d <- calcNormFactors(DGEList(x)); timed(eBayes(lmFit(voom(d, design), design), robust = TRUE)) },
  limma_voom_weights = { d <- calcNormFactors(DGEList(x)); timed(eBayes(lmFit(voomWithQualityWeights(d, design), design), robust = TRUE)) },
  edger_ql = { d <- calcNormFactors(DGEList(x)); timed(glmQLFTest(glmQLFit(estimateDisp(d, design), design, robust = TRUE), coef = 2)) },
  edger_ql_covariates = {
    d <- calcNormFactors(DGEList(x)); wide <- cbind(1, (seq_len(s) - 1) %% 2, 60 + 8 * sin(seq_len(s)), group)
    timed(glmQLFTest(glmQLFit(estimateDisp(d, wide), wide, robust = TRUE), coef = 4))
  },
  deseq2 = {
    storage.mode(x) <- "integer"
    timed(results(DESeq(DESeqDataSetFromMatrix(x, data.frame(g = factor(group)), ~ g), quiet = TRUE)))
  },
  coxph_loop = {
    y <- log2(x + 1); set.seed(1); time <- rexp(s); event <- rep(c(1, 1, 0), length.out = s)
    timed(for (i in seq_len(n)) suppressWarnings(coxph(Surv(time, event) ~ y[i, ])))
  })
status <- readLines("/proc/self/status")
peak <- as.numeric(gsub("[^0-9]", "", grep("VmHWM", status, value = TRUE))) / 1024
cat(sprintf('{"cpu": %.4f, "peak_mb": %.0f}\n', seconds, peak))
