# What R's ashr says of the estimates in shrinkage.tsv.gz, and how far the stored answer is from it.
#
#   Rscript tests/golden/shrinkage.R tests/golden
#
# Needs ashr (with mixsqp), which Debian does not carry. The options below are those that equal
# resist_epi's: normal components around zero, a point at zero that counts ten times as much as the
# others in the prior of the weights, and the same widths.
suppressMessages(library(ashr))
folder <- commandArgs(TRUE)[1]
if (is.na(folder)) stop("usage: Rscript shrinkage.R FOLDER")
stored <- read.delim(gzfile(file.path(folder, "shrinkage.tsv.gz")))
widths <- read.delim(gzfile(file.path(folder, "shrinkage.widths.tsv.gz")))$width
found <- ash(stored$estimate, stored$error, mixcompdist = "normal", method = "fdr",
             prior = "nullbiased", nullweight = 10, mixsd = widths)
differences <- c(effect = max(abs(get_pm(found) - stored$effect)),
                 false_sign = max(abs(get_lfsr(found) - stored$false_sign)),
                 svalue = max(abs(get_svalue(found) - stored$svalue)))
print(differences)
if (any(differences > 1e-3)) quit(status = 1)
