# goseq for calibrate_sets.py: Rscript calibrate_sets_peers.R COHORTS.tsv ANSWER.tsv
# COHORTS: cohort gene called length set (NA outside of the sets), a row a gene; sets do not overlap.
suppressMessages(library(goseq))
path <- commandArgs(TRUE)
table <- read.delim(path[1], stringsAsFactors = FALSE)
answer <- do.call(rbind, lapply(split(table, table$cohort), function(one) {
  called <- setNames(one$called, one$gene)
  pwf <- suppressWarnings(nullp(called, bias.data = one$length, plot.fit = FALSE))
  own <- one[!is.na(one$set), ]
  sets <- split(own$gene, own$set)
  p <- suppressMessages(goseq(pwf, gene2cat = stack(lapply(sets, as.character))[, 1:2],
                              use_genes_without_cat = TRUE))
  data.frame(cohort = one$cohort[1], set = p$category, pvalue = p$over_represented_pvalue)
}))
write.table(answer, path[2], sep = "\t", quote = FALSE, row.names = FALSE)
