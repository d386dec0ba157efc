# Golden answers of R for rotation tests and count tests of gene sets.
#
#   Rscript tests/golden/set_tests.R tests/golden
#
# Reads sets.response and dense.design, which simulated.R has written there. Needs limma, goseq.
suppressMessages({library(limma); library(splines); library(goseq)})
out <- commandArgs(TRUE)[1]
if (is.na(out)) stop("usage: Rscript set_tests.R FOLDER")
set.seed(20240601)
read_golden <- function(name) as.matrix(read.delim(gzfile(file.path(out, paste0(name, ".tsv.gz")))))
save_table <- function(x, name, digits = 13) {
  for (i in seq_along(x)) if (is.double(x[[i]])) x[[i]] <- sprintf(paste0("%.", digits, "g"), x[[i]])
  con <- gzfile(file.path(out, paste0(name, ".tsv.gz")), "w", compression = 9)
  write.table(x, con, sep = "\t", row.names = FALSE, quote = FALSE)
  close(con)
}

e <- read_golden("sets.response"); design <- read_golden("dense.design")
sets <- list(a = 1:40, b = 41:45, c = 100:400, d = c(500, 501), e = 700, f = 600:630)
rotations <- 49999
rotated <- do.call(rbind, lapply(names(sets), function(k) {
  p <- roast(e, sets[[k]], design, contrast = 2, nrot = rotations)$p.value
  data.frame(set = k, down = p["Down", "P.Value"], up = p["Up", "P.Value"],
             either = p["UpOrDown", "P.Value"], mixed = p["Mixed", "P.Value"])
}))
save_table(rotated, "roast.answer")

# Genes whose chance to be called rises with their length; sets of long, short and any genes
n <- 2000
length_bp <- round(exp(rnorm(n, 10, 1.2)))
called <- rbinom(n, 1, plogis(-2 + as.vector(scale(log(length_bp)))))
rank_of <- rank(length_bp)
members <- list(any = sample(n, 60), long = sample(which(rank_of > n * .8), 100),
                short = sample(which(rank_of < n * .4), 100), true = c(sample(which(called == 1), 12), sample(n, 20)),
                few = sample(n, 6))
members <- lapply(members, function(m) sort(unique(m)))
basis <- bs(log(length_bp), df = 5)
rao <- sapply(members, function(m) {
  inside <- seq_len(n) %in% m
  null <- glm(called ~ basis, family = binomial, epsilon = 1e-14, maxit = 100)
  full <- glm(called ~ basis + inside, family = binomial, epsilon = 1e-14, maxit = 100)
  anova(null, full, test = "Rao")[2, "Pr(>Chi)"]
})
names(called) <- paste0("g", seq_len(n))
weights <- nullp(called, bias.data = length_bp, plot.fit = FALSE)
categories <- stack(lapply(members, function(m) paste0("g", m)))
wallenius <- suppressMessages(goseq(weights, gene2cat = data.frame(categories$values, categories$ind)))
hyper <- sapply(members, function(m) phyper(sum(called[m]) - 1, sum(called), n - sum(called), length(m), lower.tail = FALSE))
inside <- sapply(members, function(m) as.integer(seq_len(n) %in% m))
save_table(data.frame(length = length_bp, called = called, inside), "set_counts.genes")
save_table(data.frame(set = names(members), rao = rao, hypergeometric = hyper,
                      goseq = wallenius$over_represented_pvalue[match(names(members), wallenius$category)]), "set_counts.answer", 17)
