# Golden answers of R: simulated matrices, and real ones where their folder is given.
#
#   Rscript tests/golden/make_golden.R                  # tests/golden, simulated
#   Rscript tests/golden/make_golden.R ../shared/data   # the real matrices as well
#
# Run from the top of the checkout. The real counts stay where they are: only R's answers for every
# k-th region are stored, in tests/golden/real.*.tsv.gz.
out <- file.path("tests", "golden")
if (system2("Rscript", c(file.path(out, "simulated.R"), out)) != 0) stop("simulated.R failed")
data <- commandArgs(TRUE)[1]
if (is.na(data)) quit()
suppressMessages(library(edgeR))

save_table <- function(x, name) {
  x <- as.data.frame(x)
  for (i in seq_along(x)) if (is.double(x[[i]])) x[[i]] <- sprintf("%.13g", x[[i]])
  con <- gzfile(file.path(out, paste0("real.", name, ".tsv.gz")), "w", compression = 9)
  write.table(x, con, sep = "\t", row.names = FALSE, quote = FALSE)
  close(con)
}

answer <- function(name, counts, design, library_size, every) {
  coefficient <- ncol(design)
  y <- DGEList(counts, lib.size = library_size)
  y <- calcNormFactors(y)
  size <- y$samples$lib.size * y$samples$norm.factors
  e <- t(log2(t(counts + 0.5) / (size + 1) * 1e6))
  trend <- eBayes(lmFit(e, design), trend = TRUE, robust = TRUE)
  v <- voom(counts, design, lib.size = size)
  precise <- eBayes(lmFit(v, design), robust = TRUE)
  ql <- glmQLFTest(glmQLFit(estimateDisp(y, design), design, robust = TRUE), coef = coefficient)
  rows <- seq(1, nrow(counts), by = every)
  save_table(data.frame(row = as.integer(rows - 1),
    trend.t = trend$t[rows, coefficient], trend.p = trend$p.value[rows, coefficient],
    voom.t = precise$t[rows, coefficient], voom.p = precise$p.value[rows, coefficient],
    ql.lfc = ql$table$logFC[rows], ql.p = ql$table$PValue[rows]), name)
  data.frame(data = name, sample = seq_along(size), factor = y$samples$norm.factors,
             called = sum(p.adjust(ql$table$PValue, "BH") <= 0.05))
}

# The tests filter and lay out the same way: tests/stats/test_real.py.
x <- read.delim(file.path(data, "tamoxifen_er_chip_diffbind", "chr18_consensus_counts.tsv.gz"))
sheet <- read.delim(file.path(data, "tamoxifen_er_chip_diffbind", "samples.tsv"))
counts <- as.matrix(x[, sheet$SampleID]); counts <- counts[rowSums(counts) >= 10, ]
design <- cbind(1, sapply(c("MCF7", "T47D", "ZR75"), function(t) sheet$Tissue == t), sheet$Condition == "Resistant")
if (qr(design)$rank < ncol(design)) stop("tamoxifen: aliased design")
factors <- answer("tamoxifen", counts, unname(design + 0), sheet$library_reads, 5)

x <- read.delim(file.path(data, "h3k27ac_lcl_manorm2", "h3k27ac_lcl_counts.tsv.gz"))
counts <- as.matrix(x[, grep("read_cnt", colnames(x))]); counts <- counts[rowSums(counts) >= 10, ]
design <- cbind(1, c(1, 0, 0, 0, 0), c(0, 0, 0, 1, 1))
factors <- rbind(factors, answer("lcl", counts, design, colSums(counts), 150))

x <- read.delim(file.path(data, "rat_heart_h3k27me3_bn_shr", "chr12_500bp_counts.tsv.gz"))
counts <- as.matrix(x[, grep("H3K27me3", colnames(x))]); counts <- counts[rowSums(counts) >= 10, ]
design <- cbind(1, grepl("SHR", colnames(counts)) + 0)
factors <- rbind(factors, answer("rat", counts, design, colSums(counts), 50))
save_table(factors, "factors")
