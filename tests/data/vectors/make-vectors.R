# SPDX-License-Identifier: GPL-2.0-or-later
# Reference values for signed_rank, rank, student, holm and stats, made once with R: Rscript make-vectors.R >vectors.txt
# R is no dependency of the tests.  The first line of vectors.txt says which R it was; the seed is 20260102.
options(digits = 17)
set.seed(20260102)
num <- function(v) paste(formatC(v, digits = 17, format = "g"), collapse = " ")
emit <- function(kind, a, b, ...) cat(kind, "|", num(a), "|", num(b), "|", num(c(...)), "\n", sep = " ")
cat("#", R.version.string, "seed 20260102\n")

# the signed-rank test, its estimate and its interval; without ties and zeros, so that R is exact
signed <- function(kind, d, level) {
	w <- wilcox.test(d, exact = TRUE, conf.int = TRUE, conf.level = level)
	emit(kind, d, level, w$p.value, w$estimate, w$conf.int)
}
for (n in c(6, 7, 10, 14, 20, 30, 40)) for (shift in c(0, 0.5, 2)) signed("signed", rnorm(n, shift), 0.95)
for (n in c(9, 12, 40)) signed("signed", rnorm(n, 0.5), 0.99)
for (n in c(41, 60, 200)) for (shift in c(0, 0.3)) signed("signed_large", rnorm(n, shift), 0.95)
for (n in c(1, 2, 5)) { d <- rnorm(n, 1); emit("signed_few", d, 0, wilcox.test(d, exact = TRUE)$p.value) }

welch <- function(a, b) { t <- t.test(a, b); emit("welch", a, b, diff(rev(t$estimate)), t$stderr, t$parameter, t$p.value, t$conf.int) }
for (k in list(c(2, 3), c(8, 8), c(6, 30))) for (scale in c(1, 10)) welch(rnorm(k[1], 1), rnorm(k[2], 0, scale))
for (f in c(1, 2.5, 7, 40, 400)) for (p in c(0.5, 0.05, 0.001)) emit("student", f, p, qt(1 - p / 2, f), 2 * pt(-3, f))

both <- function(a, b) {
	exact <- length(a) + length(b) <= 40
	if (exact && any(duplicated(c(a, b)))) {
		r <- rank(c(a, b)); seen <- sum(r[seq_along(a)])
		s <- combn(length(r), length(a), function(i) sum(r[i]))
		return(min(1, 2 * min(mean(s <= seen + 1e-9), mean(s >= seen - 1e-9))))
	}
	suppressWarnings(wilcox.test(a, b, exact = exact, correct = TRUE)$p.value)
}
delta <- function(a, b) mean(sign(outer(a, b, "-")))
for (k in list(c(1, 1), c(3, 3), c(4, 4), c(6, 6), c(6, 10), c(10, 10), c(3, 17), c(20, 20), c(25, 25), c(80, 33)))
	for (shift in c(0, 0.7, 3)) {
		a <- rnorm(k[1], shift); b <- rnorm(k[2]); emit("sum", a, b, both(a, b), delta(a, b))
	}
for (k in list(c(4, 4), c(6, 6), c(8, 7), c(10, 10), c(30, 30))) {
	a <- sample(1:5, k[1], TRUE); b <- sample(2:7, k[2], TRUE); emit("sum", a, b, both(a, b), delta(a, b))
}
for (m in c(1, 2, 5, 12)) { p <- runif(m)^3; emit("holm", p, 0, p.adjust(p, "holm")) }
for (f in c(5, 9, 11, 19, 100)) emit("detectable", f, 0, qt(0.975, f) + qt(0.8, f))
for (n in c(3, 8, 25)) { v <- rexp(n); m <- median(v); emit("z", v, 0, 0.6745 * (v - m) / mad(v, constant = 1)) }
for (n in c(2, 6, 40)) { v <- rnorm(n, 5); emit("deviation", v, 0, sd(v)) }
