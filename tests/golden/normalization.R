# Golden answers of R for normalisations that give offsets, on the counts of `dense` and `sparse`.
#
#   Rscript tests/golden/normalization.R tests/golden
#
# Needs limma 3.54 and MASS (versions: session.txt). The smooth quantiles are written out here from
# Hicks et al. (2018), since Debian has no package of them.
suppressMessages({library(limma); library(MASS)})
out <- commandArgs(TRUE)[1]
if (is.na(out)) stop("usage: Rscript normalization.R FOLDER")

save_table <- function(x, name) {
  x <- as.data.frame(x)
  for (i in seq_along(x)) if (is.double(x[[i]])) x[[i]] <- sprintf("%.13g", x[[i]])
  con <- gzfile(file.path(out, paste0(name, ".tsv.gz")), "w", compression = 9)
  write.table(x, con, sep = "\t", row.names = FALSE, quote = FALSE)
  close(con)
}
centred <- function(x) x - rowMeans(x)

for (name in c("dense", "sparse")) {
  counts <- as.matrix(read.delim(gzfile(file.path(out, paste0(name, ".counts.tsv.gz")))))
  level <- log(counts + 0.5)
  mean <- rowMeans(level)
  loess <- apply(level, 2, function(y) loessFit(y, mean, span = 0.3, iterations = 4)$fitted)
  save_table(centred(loess), paste0(name, ".loess"))

  common <- mean > median(mean)
  lines <- sapply(seq_len(ncol(level)), function(i)
    coef(rlm(level[common, i] - mean[common] ~ mean[common], psi = psi.huber, acc = 1e-12, maxit = 500)))
  save_table(t(lines), paste0(name, ".lines"))

  group <- rep(1:2, each = 6)
  q <- apply(level, 2, sort)
  all <- rowMeans(q)
  own <- sapply(group, function(g) rowMeans(q[, group == g]))
  share <- 1 - rowSums((own - all)^2) / rowSums((q - all)^2)
  share[rowSums((q - all)^2) < 1e-12] <- 1
  k <- floor(0.05 * nrow(q)); if (k %% 2 == 0) k <- k + 1
  w <- as.vector(runmed(share, k, endrule = "constant"))
  target <- w * all + (1 - w) * own
  smooth <- sapply(seq_len(ncol(level)), function(i)
    ave(target[rank(level[, i], ties.method = "first"), i], level[, i]))
  save_table(smooth, paste0(name, ".quantile"))
}
