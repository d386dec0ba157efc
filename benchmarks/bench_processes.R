# A peer of bench_processes.py: a table of counts or signals to a table of results, whole process.
#   Rscript bench_processes.R METHOD COUNTS.tsv SAMPLES OUT.tsv.gz
arguments <- commandArgs(TRUE)
method <- arguments[1]
s <- as.integer(arguments[3])
suppressMessages(switch(method, deseq2 = library(DESeq2), limma_trend = , limma_trend_weights = library(limma), library(edgeR)))
table <- read.delim(arguments[2], comment.char = "#")
x <- as.matrix(table[, ncol(table) - (s - 1):0])
group <- rep(0:1, each = s / 2)
design <- cbind(1, group)
log_signal <- function() {
  size <- colSums(x)
  t(log2((t(x) + 0.5 * size / sum(size) * mean(x)) / size * mean(size)))
}
top <- function(fit) topTable(fit, coef = 2, number = Inf, sort.by = "none", confint = TRUE)
found <- switch(method,
  limma_trend = top(eBayes(lmFit(log_signal(), design), trend = TRUE)),
  limma_trend_weights = {
    y <- log_signal()
    top(eBayes(lmFit(y, design, weights = arrayWeights(y, design)), trend = TRUE, robust = TRUE))
  },
  limma_voom_weights = {
    d <- calcNormFactors(DGEList(x))
    top(eBayes(lmFit(voomWithQualityWeights(d, design), design), robust = TRUE))
  },
  edger_ql = {
    d <- calcNormFactors(DGEList(x))
    fit <- glmQLFit(estimateDisp(d, design), design, robust = TRUE)
    topTags(glmQLFTest(fit, coef = 2), n = Inf, sort.by = "none")$table
  },
  deseq2 = {
    storage.mode(x) <- "integer"
    data <- DESeqDataSetFromMatrix(x, data.frame(g = factor(group)), ~ g)
    as.data.frame(results(DESeq(data, quiet = TRUE)))
  })
out <- gzfile(arguments[4], "w")
write.table(cbind(table[, seq_len(ncol(table) - s)], found), out, sep = "\t", quote = FALSE, row.names = FALSE)
close(out)
