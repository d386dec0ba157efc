# Golden answers of R about several questions of one fit: an interaction, all pairs of three groups,
# F over them, and treat of counts.
#
#   Rscript tests/golden/contrasts.R tests/golden            # the ones that are stored
#   Rscript tests/golden/contrasts.R FOLDER SEED             # on other data
#
# Needs edgeR 3.40, limma 3.54, MASS (session.txt).
suppressMessages(library(edgeR))
out <- commandArgs(TRUE)[1]
if (is.na(out)) stop("usage: Rscript contrasts.R FOLDER [SEED]")
seed <- as.integer(commandArgs(TRUE)[2])
set.seed(if (is.na(seed)) 20261130 else seed)

save_table <- function(x, name, digits = 13) {
  x <- as.data.frame(x, check.names = FALSE)
  for (i in seq_along(x)) if (is.double(x[[i]])) x[[i]] <- sprintf(paste0("%.", digits, "g"), x[[i]])
  con <- gzfile(file.path(out, paste0(name, ".tsv.gz")), "w", compression = 9)
  write.table(x, con, sep = "\t", row.names = FALSE, quote = FALSE)
  close(con)
}

n <- 600
simulate <- function(effect) {
  samples <- ncol(effect)
  mu <- exp(rnorm(n, 4, 1)); depth <- runif(samples, .7, 1.5)
  dispersion <- .07 * (1 + 3 / sqrt(mu + 1)) / rchisq(n, 15) * 15
  matrix(rnbinom(n * samples, mu = outer(mu, depth) * exp(effect), size = 1 / dispersion), n,
         dimnames = list(NULL, paste0("s", seq_len(samples))))
}
some <- function(k) { x <- numeric(n); x[seq_len(k)] <- rnorm(k, 0, 1); x }

# Two factors, 3 units a combination, with an interaction; three groups of 4.
ai <- rep(0:1, each = 6); poor <- rep(rep(0:1, each = 3), 2)
cases <- list(
  interaction = list(
    counts = simulate(outer(some(200), ai) + outer(rev(some(150)), poor) + outer(some(80), ai * poor)),
    design = cbind(1, ai, poor, ai * poor),
    contrasts = cbind(interaction = c(0, 0, 0, 1), reference = c(0, 0, 1, 0), average = c(0, 0, 1, .5)),
    joint = cbind(c(0, 0, 1, 0), c(0, 0, 0, 1))),
  pairs = list(
    counts = simulate(outer(some(100), rep(c(0, 1, 0), each = 4)) + outer(rev(some(100)), rep(c(0, 0, 1), each = 4))),
    design = cbind(1, rep(c(0, 1, 0), each = 4), rep(c(0, 0, 1), each = 4)),
    contrasts = cbind(BA = c(0, 1, 0), CA = c(0, 0, 1), CB = c(0, -1, 1)),
    joint = cbind(c(0, 1, 0), c(0, 0, 1))))

for (name in names(cases)) {
  s <- cases[[name]]; design <- s$design
  colnames(design) <- paste0("x", seq_len(ncol(design)))
  save_table(s$counts, paste0(name, ".counts")); save_table(unname(design), paste0(name, ".design"))
  y <- DGEList(s$counts); y$samples$norm.factors <- calcNormFactors(s$counts, method = "TMM")
  size <- y$samples$lib.size * y$samples$norm.factors
  save_table(list(size = size), paste0(name, ".sizes"), 17)
  e <- t(log2(t(s$counts + 0.5) / (size + 1) * 1e6))
  v <- voom(s$counts, design, lib.size = size)
  ql <- glmQLFit(estimateDisp(y, design), design, robust = TRUE)
  answer <- list()
  add <- function(tag, k, fit, coef) {
    answer[[paste(tag, k, "lfc", sep = ".")]] <<- fit$coefficients[, coef]
    answer[[paste(tag, k, "t", sep = ".")]] <<- fit$t[, coef]
    answer[[paste(tag, k, "p", sep = ".")]] <<- fit$p.value[, coef]
  }
  each <- eBayes(contrasts.fit(lmFit(e, design), s$contrasts), trend = TRUE, robust = TRUE)
  for (k in colnames(s$contrasts)) add("trend", k, each, k)
  both <- eBayes(contrasts.fit(lmFit(e, design), s$joint), trend = TRUE, robust = TRUE)
  answer$trend.F <- both$F; answer$trend.F.p <- both$F.p.value
  # With weights of observations contrasts.fit is an approximation, so the design is turned instead,
  # and F is made from the residual sums of squares without and with the contrasts.
  for (k in colnames(s$contrasts)) {
    turned <- contrastAsCoef(design, s$contrasts[, k], first = TRUE)$design
    add("voom", k, eBayes(lmFit(v$E, turned, weights = v$weights), robust = TRUE), 1)
  }
  whole <- eBayes(lmFit(v, design), robust = TRUE)
  null <- design %*% MASS::Null(s$joint)
  rest <- function(x) vapply(seq_len(n), function(i) {
    sum(v$weights[i, ] * lm.wfit(x, v$E[i, ], v$weights[i, ])$residuals^2)
  }, 0)
  answer$voom.F <- (rest(null) - rest(design)) / ncol(s$joint) / whole$s2.post
  answer$voom.F.p <- pf(answer$voom.F, ncol(s$joint), whole$df.total, lower.tail = FALSE)
  for (k in colnames(s$contrasts)) {
    one <- glmQLFTest(ql, contrast = s$contrasts[, k])$table
    answer[[paste("ql", k, "lfc", sep = ".")]] <- one$logFC
    answer[[paste("ql", k, "f", sep = ".")]] <- one$F
    answer[[paste("ql", k, "p", sep = ".")]] <- one$PValue
    for (lfc in c(.3, 1)) {
      against <- glmTreat(ql, contrast = s$contrasts[, k], lfc = lfc, null = "worst.case")$table
      answer[[paste("treat", lfc, k, "p", sep = ".")]] <- against$PValue
    }
  }
  both <- glmQLFTest(ql, contrast = s$joint)$table
  answer$ql.F <- both$F; answer$ql.F.p <- both$PValue
  # Where moderated variances lie below Poisson's, glmTreat holds P against another null.
  answer$bound <- as.integer(rowSums(ql$var.post * (1 + ql$fitted.values * ql$dispersion) < 1) > 0)
  save_table(answer, paste0(name, ".answer"))
}
