# What DESeq2 and edgeR say of a matrix of counts, called as DiffBind 3 calls them by default for a
# design: depths of whole libraries as the normalisation, no filter, a contrast of two levels.
#
#   Rscript validation/concordance_diffbind.R COUNTS.tsv SAMPLES.tsv FOLDER
#
# COUNTS: whole numbers, a column a sample; SAMPLES: Condition, Tissue, library_reads. Writes
# FOLDER/METHOD.FORMULA.tsv with log2FoldChange, pvalue and padj a row.
suppressMessages({library(DESeq2); library(edgeR)})
given <- commandArgs(TRUE)
counts <- as.matrix(read.delim(given[1], check.names = FALSE))
samples <- read.delim(given[2], stringsAsFactors = TRUE)
samples$Condition <- relevel(samples$Condition, "Responsive")
depth <- samples$library_reads
sides <- c("Condition", "Resistant", "Responsive")

put <- function(table, method, name) {
  table$padj[is.na(table$padj)] <- 1
  write.table(table, file.path(given[3], paste0(method, ".", name, ".tsv")),
              sep = "\t", row.names = FALSE, quote = FALSE)
}

formulas <- list(one = ~ Condition, two = ~ Tissue + Condition)
for (name in names(formulas)) {
  set <- DESeqDataSetFromMatrix(counts, samples, formulas[[name]])
  sizeFactors(set) <- depth / mean(depth)
  set <- suppressMessages(nbinomWaldTest(estimateDispersions(set, fitType = "local", quiet = TRUE)))
  found <- results(set, contrast = sides)
  put(data.frame(log2FoldChange = found$log2FoldChange, pvalue = found$pvalue, padj = found$padj),
      "DESeq2", name)

  design <- model.matrix(formulas[[name]], samples)
  y <- DGEList(counts, lib.size = depth)
  y <- estimateGLMTagwiseDisp(estimateGLMTrendedDisp(y, design), design)
  tested <- glmQLFTest(glmQLFit(y, design), coef = "ConditionResistant")$table
  put(data.frame(log2FoldChange = tested$logFC, pvalue = tested$PValue,
                 padj = p.adjust(tested$PValue, "BH")), "edgeR", name)
}
cat(R.version$version.string, "DESeq2", as.character(packageVersion("DESeq2")),
    "edgeR", as.character(packageVersion("edgeR")), "\n")
