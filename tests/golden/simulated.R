# Golden answers of R for the statistical kernels, on data simulated here.
#
#   Rscript tests/golden/simulated.R tests/golden            # the ones that are stored
#   Rscript tests/golden/simulated.R FOLDER SEED             # on other data: validation/check_parity.py
#
# Needs edgeR 3.40, limma 3.54, statmod, survival (versions: session.txt, written beside).
suppressMessages({library(edgeR); library(survival)})
out <- commandArgs(TRUE)[1]
if (is.na(out)) stop("usage: Rscript simulated.R FOLDER [SEED]")
seed <- as.integer(commandArgs(TRUE)[2])
set.seed(if (is.na(seed)) 20240517 else seed)

save_table <- function(x, name, digits = 13) {
  x <- as.data.frame(x)
  for (i in seq_along(x)) if (is.double(x[[i]])) x[[i]] <- sprintf(paste0("%.", digits, "g"), x[[i]])
  con <- gzfile(file.path(out, paste0(name, ".tsv.gz")), "w", compression = 9)
  write.table(x, con, sep = "\t", row.names = FALSE, quote = FALSE)
  close(con)
}

simulate <- function(n, samples, log_mean, log_sd, size, effect, spread = 20) {
  mu <- exp(rnorm(n, log_mean, log_sd))
  depth <- runif(samples, 0.6, 1.7)
  dispersion <- (1 / size) * (1 + 3 / sqrt(mu + 1)) / rchisq(n, spread) * spread
  mean <- outer(mu, depth) * exp(effect)
  matrix(rnbinom(n * samples, mu = mean, size = 1 / dispersion), n,
         dimnames = list(NULL, paste0("s", seq_len(samples))))
}

n <- 1200
two <- function(k) rep(0:1, each = k)
shift <- function(group, changed = 150) {
  fold <- numeric(n); fold[seq_len(changed)] <- rnorm(changed, 0, 1)
  outer(fold, group)
}

scenarios <- list()
scenarios$dense <- list(counts = simulate(n, 12, 5, 1, 15, shift(two(6))), group = two(6))
sparse <- simulate(3 * n, 12, -1.4, 1.2, 8, 2 * rbind(shift(two(6), 400), matrix(0, 2 * n, 12)), spread = 4)
sparse <- sparse[rowSums(sparse) >= 4, ][seq_len(n), ]
scenarios$sparse <- list(counts = sparse, group = two(6))
batch <- rep(0:1, 6); age <- round(rnorm(12, 60, 8), 1)
effect <- shift(two(6)) + outer(rnorm(n, 0, .3), batch) + outer(rnorm(n, 0, .02), age - 60)
scenarios$covariate <- list(counts = simulate(n, 12, 4, 1.2, 10, effect), group = two(6),
                            batch = batch, age = age)
noisy <- shift(two(6)); noisy[, 4] <- noisy[, 4] + rnorm(n, 0, 1); noisy[, 9] <- noisy[, 9] + rnorm(n, 0, .5)
scenarios$outlier <- list(counts = simulate(n, 12, 4, 1, 15, noisy), group = two(6))
pair <- rep(1:6, 2)
effect <- shift(two(6)) + matrix(rnorm(n * 6, 0, .5), n)[, pair]
scenarios$paired <- list(counts = simulate(n, 12, 4, 1, 15, effect), group = two(6), pair = pair)
scenarios$three <- list(counts = simulate(n, 6, 4.5, 1, 20, shift(two(3))), group = two(3))

design_of <- function(s) {
  x <- cbind(rep(1, length(s$group)), if (!is.null(s$batch)) cbind(s$batch, s$age))
  if (!is.null(s$pair)) x <- model.matrix(~ factor(s$pair))
  unname(cbind(x, s$group))
}

factors <- list(); weights <- list(); prior <- list()
for (name in names(scenarios)) {
  s <- scenarios[[name]]
  design <- design_of(s); last <- ncol(design)
  save_table(s$counts, paste0(name, ".counts"))
  save_table(design, paste0(name, ".design"))
  for (m in c("TMM", "TMMwsp", "RLE", "upperquartile")) {
    f <- tryCatch(calcNormFactors(s$counts, method = m), error = function(e) NULL)
    if (!is.null(f) && all(is.finite(f))) factors[[paste(name, m)]] <- data.frame(scenario = name, method = m, sample = seq_along(f), factor = f)
  }
  third <- calcNormFactors(s$counts, method = "TMM", refColumn = 3)
  factors[[paste(name, "ref")]] <- data.frame(scenario = name, method = "TMM_ref3", sample = seq_along(third), factor = third)

  y <- DGEList(s$counts); y$samples$norm.factors <- calcNormFactors(s$counts, method = "TMM")
  size <- y$samples$lib.size * y$samples$norm.factors
  e <- t(log2(t(s$counts + 0.5) / (size + 1) * 1e6))
  answer <- list()
  add <- function(tag, fit, coef = last) {
    answer[[paste0(tag, ".t")]] <<- fit$t[, coef]
    answer[[paste0(tag, ".p")]] <<- fit$p.value[, coef]
  }
  fit <- lmFit(e, design)
  answer$lfc <- fit$coefficients[, last]; answer$sigma <- fit$sigma
  add("plain", eBayes(fit)); add("trend", eBayes(fit, trend = TRUE))
  add("robust", eBayes(fit, trend = TRUE, robust = TRUE))
  robust <- eBayes(fit, trend = TRUE, robust = TRUE)
  answer$df_prior <- rep(robust$df.prior, length.out = n); answer$s2_prior <- rep(robust$s2.prior, length.out = n)
  add("treat", treat(fit, lfc = 0.3, trend = TRUE, robust = TRUE))
  if (name == "covariate") {
    joint <- eBayes(fit[, 2:4], trend = TRUE)
    answer$joint.f <- joint$F; answer$joint.p <- joint$F.p.value
  }
  aw <- arrayWeights(e, design, method = "reml")
  weights[[paste(name, "trend")]] <- data.frame(scenario = name, method = "reml", sample = seq_along(aw), weight = aw)
  add("weighted", eBayes(lmFit(e, design, weights = aw), trend = TRUE, robust = TRUE))
  v <- voom(s$counts, design, lib.size = size)
  add("voom", eBayes(lmFit(v, design), robust = TRUE))
  q <- tryCatch(voomWithQualityWeights(s$counts, design, lib.size = size, method = "reml"), error = function(e) {message(name, ": ", conditionMessage(e)); NULL})
  if (!is.null(q)) {
    weights[[paste(name, "voom")]] <- data.frame(scenario = name, method = "voom_reml", sample = seq_along(size), weight = q$targets$sample.weights)
    add("quality", eBayes(lmFit(q, design), robust = TRUE))
  }
  d <- estimateDisp(y, design)
  ql <- glmQLFit(d, design, robust = TRUE); test <- glmQLFTest(ql, coef = last)
  answer$ql.lfc <- test$table$logFC; answer$ql.f <- test$table$F; answer$ql.p <- test$table$PValue
  answer$ql.trended <- d$trended.dispersion; answer$ql.tagwise <- d$tagwise.dispersion
  prior[[name]] <- data.frame(scenario = name, common = d$common.dispersion, prior_df = d$prior.df)
  if (name == "paired") {
    block <- s$pair; simple <- design[, c(1, last)]
    dc <- duplicateCorrelation(e, simple, block = block)
    prior[[name]]$correlation <- dc$consensus.correlation
    add("block", eBayes(lmFit(e, simple, block = block, correlation = dc$consensus.correlation), trend = TRUE, robust = TRUE), 2)
  } else prior[[name]]$correlation <- NA
  save_table(answer, paste0(name, ".answer"))
}
save_table(do.call(rbind, factors), "factors", 17)
save_table(do.call(rbind, weights), "sample_weights", 17)
save_table(do.call(rbind, prior), "prior", 17)

# Unequal weights, one an observation
s <- scenarios$dense; e <- log2(s$counts + 0.5); design <- design_of(s)
w <- matrix(round(exp(rnorm(length(e), 0, .7)), 2), n)
fit <- lmFit(e, design, weights = w); robust <- eBayes(fit, trend = TRUE, robust = TRUE)
save_table(w, "weights.observation")
save_table(list(t = robust$t[, 2], p = robust$p.value[, 2], sigma = fit$sigma, sd = fit$stdev.unscaled[, 2]), "weights.answer")

# Gene sets
sets <- list(a = 1:40, b = 41:45, c = 100:400, d = c(500, 501), e = 700, f = 600:630)
e <- e + 0; common <- rnorm(12); e[600:630, ] <- e[600:630, ] + rep(common, each = 31) * .5
save_table(e, "sets.response")
rows <- list(
  camera_estimated = camera(e, sets, design, inter.gene.cor = NA, sort = FALSE),
  camera_preset = camera(e, sets, design, inter.gene.cor = 0.05, sort = FALSE),
  cameraPR = cameraPR(eBayes(lmFit(e, design))$t[, 2], sets, inter.gene.cor = 0.01, sort = FALSE),
  fry_none = fry(e, sets, design, standardize = "none", sort = "none"),
  fry_residual = fry(e, sets, design, standardize = "residual.sd", sort = "none"),
  fry_posterior = fry(e, sets, design, standardize = "posterior.sd", sort = "none"))
save_table(do.call(rbind, lapply(names(rows), function(k) data.frame(test = k, set = rownames(rows[[k]]),
  direction = rows[[k]]$Direction, p = rows[[k]]$PValue, correlation = if (is.null(rows[[k]]$Correlation)) NA_real_ else rows[[k]]$Correlation))), "sets.answer", 17)

# Survival: 40 patients, ties, a covariate, two strata
m <- 40; k <- 300
signal <- matrix(rnorm(k * m), k); purity <- round(runif(m, .3, .9), 2); site <- rep(0:1, length.out = m)
time <- ceiling(rexp(m, exp(.8 * signal[1, ] + purity) / 20)); event <- as.integer(runif(m) < .65)
save_table(signal, "cox.signal", 12)
signal <- apply(signal, 2, function(x) as.numeric(sprintf("%.12g", x)))
save_table(data.frame(time, event, purity, site), "cox.samples")
cox <- function(ties, adjusted) t(apply(signal, 1, function(x) {
  full <- if (adjusted) coxph(Surv(time, event) ~ purity + strata(site) + x, ties = ties, control = coxph.control(eps = 1e-13, toler.chol = 1e-14))
          else coxph(Surv(time, event) ~ x, ties = ties, control = coxph.control(eps = 1e-13, toler.chol = 1e-14))
  if (adjusted) {
    null <- coxph(Surv(time, event) ~ purity + strata(site), ties = ties, control = coxph.control(eps = 1e-13))
    at <- coxph(Surv(time, event) ~ purity + strata(site) + x, ties = ties, init = c(coef(null), 0), control = coxph.control(iter.max = 0))
    score <- at$score
  } else score <- full$score
  c(score, tail(coef(full), 1), sqrt(tail(diag(vcov(full)), 1)))
}))
answer <- suppressWarnings(cbind(cox("efron", FALSE), cox("efron", TRUE), cox("breslow", TRUE)))
colnames(answer) <- paste0(rep(c("plain", "adjusted", "breslow"), each = 3), c(".score", ".coef", ".se"))
save_table(answer, "cox.answer", 15)

# Blocks of unequal size, with and without weights
block <- c(1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7); samples <- length(block); k <- 300
e <- matrix(rnorm(k * samples), k) + (matrix(rnorm(k * 7), k)[, block]) * sqrt(rchisq(k, 3) / 3)
e <- round(e, 4); w <- matrix(round(exp(rnorm(k * samples) * .4), 2), k)
x <- cbind(1, rep(0:1, each = 6))
plain <- suppressWarnings(duplicateCorrelation(e, x, block = block))
weighted <- suppressWarnings(duplicateCorrelation(e, x, block = block, weights = w))
fit <- eBayes(lmFit(e, x, block = block, correlation = plain$consensus.correlation))
both <- eBayes(lmFit(e, x, weights = w, block = block, correlation = weighted$consensus.correlation))
save_table(e, "blocks.response"); save_table(w, "blocks.weights")
save_table(list(plain = plain$atanh.correlations, weighted = weighted$atanh.correlations,
                plain.consensus = rep(plain$consensus.correlation, k), weighted.consensus = rep(weighted$consensus.correlation, k),
                plain.t = fit$t[, 2], plain.p = fit$p.value[, 2], weighted.t = both$t[, 2], weighted.p = both$p.value[, 2]), "blocks.answer", 17)

writeLines(capture.output(sessionInfo()), file.path(out, "session.txt"))
