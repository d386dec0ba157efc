"""Small seeded tables that look like real results."""

from __future__ import annotations

import numpy as np
import pandas as pd

GENES = [
    "NSD2",
    "EZH2",
    "HK2",
    "TIGAR",
    "G6PD",
    "PFKFB3",
    "LDHA",
    "PKM",
    "SLC2A1",
    "MYC",
    "CCND1",
    "ESR1",
    "PGR",
    "GATA3",
    "FOXA1",
    "KDM6A",
    "SUZ12",
    "PHGDH",
    "SHMT2",
    "IDH1",
    "TP53I3",
    "HOXC10",
    "HOXA9",
    "CDKN2A",
    "TFAP2C",
    "GREB1",
    "BCL2",
    "IGF1R",
    "ERBB2",
    "FGFR1",
]


def results(n: int = 2000, *, changed: float = 0.05, seed: int = 1) -> pd.DataFrame:
    """A results table with planted gains and losses; `changed` is their share."""
    rng = np.random.default_rng(seed)
    mean = np.exp(rng.normal(3.5, 1.4, n))
    n_changed = round(changed * n)
    truth = np.zeros(n)
    truth[:n_changed] = rng.choice([-1.0, 1.0], n_changed, p=[0.35, 0.65]) * rng.gamma(
        4, 0.35, n_changed
    )
    error = 0.15 + 1.2 / np.sqrt(mean)
    change = truth + rng.normal(0, error)
    stat = change / error
    from scipy.stats import norm

    pvalue = 2 * norm.sf(np.abs(stat))
    order = np.argsort(pvalue)
    padj = np.empty(n)
    if n:
        ranked = pvalue[order] * n / np.arange(1, n + 1)
        padj[order] = np.minimum.accumulate(ranked[::-1])[::-1].clip(max=1)
    direction = np.where(padj > 0.05, "none", np.where(change > 0, "gain", "loss"))
    symbol = np.array([f"GENE{i}" for i in range(n)], dtype=object)
    where = rng.permutation(max(n_changed, min(n, len(GENES))))[: len(GENES)]
    symbol[where] = GENES[: len(where)]
    start = np.sort(rng.integers(0, 200_000_000, n))
    return pd.DataFrame(
        {
            "chrom": "chr1",
            "start": start,
            "end": start + 2000,
            "strand": rng.choice(["+", "-"], n) if n else [],
            "region_id": [f"r{i}" for i in range(n)],
            "gene_id": [f"g{i}" for i in range(n)],
            "symbol": symbol,
            "baseMean": mean,
            "log2FoldChange": change,
            "lfcSE": error,
            "ci_low": change - 1.96 * error,
            "ci_high": change + 1.96 * error,
            "stat": stat,
            "df": 20.0,
            "pvalue": pvalue,
            "padj": padj,
            "direction": direction,
        }
    )


def sheet(
    n: int = 12, *, long_names: bool = False, marks: tuple[str, ...] = ("H3K27me3",)
) -> pd.DataFrame:
    """A sample sheet, half good and half poor, in three batches."""
    rows = []
    for mark in marks:
        for i in range(n):
            condition = "good" if i < n // 2 else "poor"
            name = f"{condition}{i + 1:02d}"
            if long_names:
                name = f"GSM{4512300 + i}_tumour_{condition}_outcome_{mark}_rep{i % 2 + 1}_hg38"
            elif len(marks) > 1:
                name = f"{name}_{mark}"
            rows.append(
                {
                    "SampleID": name,
                    "Factor": mark,
                    "Condition": condition,
                    "Batch": f"b{i % 3 + 1}",
                    "Patient": f"P{i + 1}",
                }
            )
    return pd.DataFrame(rows)


def log_values(samples: pd.DataFrame, n_genes: int = 800, *, seed: int = 2) -> np.ndarray:
    """(n_genes, n_samples) log2 levels with effects of condition, batch and one outlier."""
    rng = np.random.default_rng(seed)
    base = rng.normal(4, 2, (n_genes, 1))
    poor = (samples["Condition"] == "poor").to_numpy().astype(float)
    batch = pd.factorize(samples["Batch"])[0]
    values = base + rng.normal(0, 0.5, (n_genes, len(samples)))
    values = values + rng.normal(0, 0.6, (n_genes, 1)) * poor
    values = values + rng.normal(0, 0.25, (n_genes, batch.max() + 1))[:, batch]
    values[:, -1] += rng.normal(0, 0.8, n_genes)
    return values


def pca(samples: pd.DataFrame) -> pd.DataFrame:
    """Principal components of `log_values`."""
    values = log_values(samples)
    centred = values - values.mean(axis=1, keepdims=True)
    _, s, right = np.linalg.svd(centred, full_matrices=False)
    k = min(4, len(samples) - 1)
    table = pd.DataFrame({"sample": samples["SampleID"].to_numpy()})
    for i in range(k):
        table[f"PC{i + 1}"] = s[i] * right[i]
    table.attrs["explained"] = [float(x) for x in (s[:k] ** 2 / max((s**2).sum(), 1e-300))]
    return table


def correlation(samples: pd.DataFrame) -> pd.DataFrame:
    """Correlation of `log_values`, a square frame."""
    names = list(samples["SampleID"])
    frame = pd.DataFrame(log_values(samples), columns=names).corr(method="spearman")
    frame.index.name = "sample"
    return frame


def profile(
    samples: pd.DataFrame,
    n_regions: int = 3000,
    *,
    body: int = 0,
    seed: int = 3,
    called: float = 0.08,
):
    """H3K27me3-like signal around TSS: broad, with gains in poor tumours."""
    from resist_epi.counting.profile_matrix import ProfileMatrix

    rng = np.random.default_rng(seed)
    bin_size, before, after = 100, 3000, 3000
    n_bins = (before + body + after) // bin_size
    x = (np.arange(n_bins) + 0.5) * bin_size - before
    direction = np.full(n_regions, "none", dtype=object)
    n_called = round(called * n_regions)
    direction[:n_called] = rng.choice(["gain", "loss"], n_called, p=[0.7, 0.3])
    height = rng.gamma(0.6, 6.0, n_regions)
    width = rng.uniform(1200, 4000, n_regions)
    centre = rng.normal(400, 300, n_regions)
    shape = np.exp(-0.5 * ((x[None] - centre[:, None]) / width[:, None]) ** 2)
    values = {}
    for row in samples.itertuples():
        depth = rng.lognormal(0, 0.12)
        poor = row.Condition == "poor"
        change = np.where(
            direction == "gain",
            1.5 if poor else 0.7,
            np.where(direction == "loss", 0.5 if poor else 1.2, 1.0),
        )
        own = (height + 2 * (direction != "none")) * change * rng.lognormal(0, 0.2, n_regions)
        mean = depth * (0.8 + own[:, None] * shape)
        values[row.SampleID] = (rng.poisson(mean * 4) / 4).astype(np.float32)
    regions = results(n_regions, seed=seed)[
        ["chrom", "start", "end", "strand", "region_id", "symbol"]
    ]
    regions["direction"] = direction
    return ProfileMatrix(
        values,
        regions,
        bin_size=bin_size,
        before=before,
        after=after,
        body=body,
        reference="TSS,TES" if body else "TSS",
    )


def genes() -> pd.DataFrame:
    """Genes around NSD2 on hg38, as the built-in table has them."""
    return pd.DataFrame(
        [
            ("chr4", 1793293, 1808872, "+", "FGFR3"),
            ("chr4", 1811479, 1856156, "-", "LETM1"),
            ("chr4", 1871393, 1982207, "+", "NSD2"),
            ("chr4", 1981740, 1992000, "-", "NELFA"),
            ("chr4", 1987000, 1987100, "+", "SCARNA22"),
            ("chr4", 2041993, 2069089, "-", "POLN"),
        ],
        columns=["chrom", "start", "end", "strand", "symbol"],
    ).assign(gene_id=lambda t: "id_" + t["symbol"])


def bins(samples: pd.DataFrame, *, seed: int = 4) -> pd.DataFrame:
    """500-bp bins over the NSD2 locus: signal over the gene's body, more of it in poor tumours."""
    rng = np.random.default_rng(seed)
    start = np.arange(1_780_000, 2_080_000, 500)
    body = ((start > 1_871_393) & (start < 1_982_207)) * np.clip(
        (start - 1_860_000) / 60_000, 0, 1.6
    )
    table = pd.DataFrame({"chrom": "chr4", "start": start, "end": start + 500})
    for row in samples.itertuples():
        level = 1 + 8 * body * (1.6 if row.Condition == "poor" else 0.8) * rng.lognormal(0, 0.2)
        table[row.SampleID] = rng.poisson(level * 3) / 3
    return table


def mechanisms(**columns: list[object]) -> pd.DataFrame:
    """Two mechanisms and a control under two marks."""
    table = pd.DataFrame(
        {
            "mechanism": ["Glycolysis", "Glycolysis", "ESR1", "ESR1", "Ribosome", "Ribosome"],
            "layer": ["H3K27me3", "H3K36me3"] * 3,
            "kind": ["mechanism"] * 4 + ["control"] * 2,
            "expected": ["loss or none", "gain", "gain", "loss", "none", "none"],
            "effect": [-0.1, 0.6, 0.0, 0.4, 0.1, np.nan],
            "pvalue": [0.3, 1e-4, 0.9, 0.001, 0.5, np.nan],
            "direction": ["none", "gain", "none", "gain", "none", "none"],
            "verdict": ["", "as expected", "", "opposite", "", "not tested"],
            "genes": ["(HK1)", "HK2,PFKP", "", "GREB1", "", ""],
        }
    )
    return table.assign(**columns)


def switches(n: int = 200) -> pd.DataFrame:
    """Genes under two marks: one switch of each kind, and one gene of one mark."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "symbol": [f"S{i}" for i in range(n)],
            "H3K27me3_log2FoldChange": rng.normal(size=n),
            "H3K36me3_log2FoldChange": rng.normal(size=n),
            "class": "none",
            "padj": 0.5,
        }
    )
    table.loc[0, ["class", "padj"]] = "repressive switch", 0.01
    table.loc[1, ["class", "padj"]] = "activating switch", 0.001
    table.loc[2, "class"] = "H3K27me3 gain"
    return table


NORMALIZATIONS = ("background", "tmm_enriched", "library_size")


def normalization_factors(units: int = 4) -> pd.DataFrame:
    """Factors and calls of three normalisations, a row a unit and normalisation."""
    rng = np.random.default_rng(1)
    tables = []
    for k, method in enumerate(NORMALIZATIONS):
        factor = np.exp(rng.normal(0, 0.1, size=units)) if k < 2 else np.ones(units)
        tables.append(
            pd.DataFrame(
                {
                    "sample": [f"T{i}" for i in range(units)],
                    "normalization": method,
                    "library_size": 1e6,
                    "effective_library_size": 1e6 * factor,
                    "n_gain": 30 - k,
                    "n_loss": 1000 * k,
                    "median_shift": -0.3 * k,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def power() -> pd.DataFrame:
    """Power of studies of three sizes."""
    table = pd.DataFrame({"units": [3, 6, 12], "power": [0.1, 0.5, 0.9]})
    around = table["power"]
    return table.assign(
        effect=1.0,
        depth=1.0,
        carrier_share=1.0,
        power_low=around - 0.1,
        power_high=around + 0.1,
    )
