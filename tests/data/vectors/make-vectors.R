# SPDX-License-Identifier: GPL-2.0-or-later
# Reference values for rank, holm, stats and bootstrap, made once with R: Rscript make-vectors.R >vectors.txt
# R is no dependency of the tests.  The first line of vectors.txt says which R it was; the seed is 20260102.
options(digits = 17)
set.seed(20260102)
num <- function(v) paste(formatC(v, digits = 17, format = "g"), collapse = " ")
emit <- function(kind, a, b, ...) cat(kind, "|", num(a), "|", num(b), "|", num(c(...)), "\n", sep = " ")
cat("#", R.version.string, "seed 20260102\n")

signed <- function(d) {
	exact <- length(d[d != 0]) <= 30
	ties <- any(duplicated(abs(d[d != 0]))) || any(d == 0)
	if (exact && ties) { # wilcox.test has no exact distribution with ties: all signs are counted out here
		d <- d[d != 0]; n <- length(d); r <- rank(abs(d)); seen <- sum(r[d > 0])
		s <- as.matrix(expand.grid(rep(list(0:1), n))) %*% r
		return(min(1, 2 * min(mean(s <= seen + 1e-9), mean(s >= seen - 1e-9))))
	}
	wilcox.test(d, exact = exact, correct = TRUE)$p.value
}
for (n in c(1, 2, 5, 6, 7, 10, 14, 20, 30)) for (shift in c(0, 0.5, 2)) { d <- rnorm(n, shift); emit("signed", d, 0, signed(d)) }
for (n in c(31, 60, 200)) for (shift in c(0, 0.3)) { d <- rnorm(n, shift); emit("signed", d, 0, signed(d)) }
for (n in c(6, 8, 10, 12)) { d <- sample(-4:6, n, TRUE); emit("signed", d, 0, signed(d)) }
for (n in c(40, 90)) { d <- sample(-4:6, n, TRUE); d <- d[d != 0]; emit("signed", d, 0, suppressWarnings(wilcox.test(d, exact = FALSE)$p.value)) }

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

# a hierarchical bootstrap written the plain way, 200000 draws: ours must come near with 2000
boot <- function(v, g) {
	groups <- split(v, g)
	replicate(200000, median(unlist(lapply(groups[sample.int(length(groups), replace = TRUE)],
		function(x) x[sample.int(length(x), replace = TRUE)]))))
}
for (k in list(c(1, 10), c(2, 5), c(6, 1), c(10, 1), c(4, 8))) {
	g <- rep(seq_len(k[1]), each = k[2]); v <- 1 + rnorm(k[1])[g] * 0.01 + rnorm(length(g)) * 0.02
	emit("bootstrap", v, g, quantile(boot(v, g), c(0.025, 0.975)))
}
