"""The papers that kernels, normalisations and tests come from, each stated once.

A record of a registry holds its papers; a report cites those of the records that a run used.
"""

from __future__ import annotations

from typing import NamedTuple


class Reference(NamedTuple):
    """A paper.

    Attributes
    ----------
    authors, title, where
        As a list of references gives them.
    doi
        Where known.
    unverified
        What of this was not found when the references were looked up one by one in November 2026,
        for a reader to check before it is cited; nothing where all was found.
    """

    authors: str
    title: str
    where: str
    doi: str = ""
    unverified: str = ""


SMYTH_2004 = Reference(
    "Smyth GK",
    "Linear models and empirical Bayes methods for assessing differential expression in"
    " microarray experiments",
    "Stat Appl Genet Mol Biol 2004;3:3",
    "10.2202/1544-6115.1027",
)

LAW_2014 = Reference(
    "Law CW, Chen Y, Shi W, Smyth GK",
    "voom: precision weights unlock linear model analysis tools for RNA-seq read counts",
    "Genome Biol 2014;15:R29",
    "10.1186/gb-2014-15-2-r29",
)

PHIPSON_2016 = Reference(
    "Phipson B, Lee S, Majewski IJ, Alexander WS, Smyth GK",
    "Robust hyperparameter estimation protects against hypervariable genes and improves power"
    " to detect differential expression",
    "Ann Appl Stat 2016;10:946-963",
    "10.1214/16-AOAS920",
)

BENJAMINI_1995 = Reference(
    "Benjamini Y, Hochberg Y",
    "Controlling the false discovery rate: a practical and powerful approach to multiple testing",
    "J R Stat Soc B 1995;57:289-300",
    "10.1111/j.2517-6161.1995.tb02031.x",
)

BOURGON_2010 = Reference(
    "Bourgon R, Gentleman R, Huber W",
    "Independent filtering increases detection power for high-throughput experiments",
    "Proc Natl Acad Sci USA 2010;107:9546-9551",
    "10.1073/pnas.0914005107",
)

WU_2012 = Reference(
    "Wu D, Smyth GK",
    "Camera: a competitive gene set test accounting for inter-gene correlation",
    "Nucleic Acids Res 2012;40:e133",
    "10.1093/nar/gks461",
)

ROBINSON_2010 = Reference(
    "Robinson MD, Oshlack A",
    "A scaling normalization method for differential expression analysis of RNA-seq data",
    "Genome Biol 2010;11:R25",
    "10.1186/gb-2010-11-3-r25",
)

KADOTA_2012 = Reference(
    "Kadota K, Nishiyama T, Shimizu K",
    "A normalization strategy for comparing tag count data",
    "Algorithms Mol Biol 2012;7:5",
    "10.1186/1748-7188-7-5",
)

SUN_2013 = Reference(
    "Sun J, Nishiyama T, Shimizu K, Kadota K",
    "TCC: an R package for comparing tag count data with robust normalization strategies",
    "BMC Bioinformatics 2013;14:219",
    "10.1186/1471-2105-14-219",
)

ANDERS_2010 = Reference(
    "Anders S, Huber W",
    "Differential expression analysis for sequence count data",
    "Genome Biol 2010;11:R106",
    "10.1186/gb-2010-11-10-r106",
)

BULLARD_2010 = Reference(
    "Bullard JH, Purdom E, Hansen KD, Dudoit S",
    "Evaluation of statistical methods for normalization and differential expression in"
    " mRNA-Seq experiments",
    "BMC Bioinformatics 2010;11:94",
    "10.1186/1471-2105-11-94",
)

BOLSTAD_2003 = Reference(
    "Bolstad BM, Irizarry RA, Astrand M, Speed TP",
    "A comparison of normalization methods for high density oligonucleotide array data based"
    " on variance and bias",
    "Bioinformatics 2003;19:185-193",
    "10.1093/bioinformatics/19.2.185",
)

LUN_2016 = Reference(
    "Lun ATL, Smyth GK",
    "csaw: a Bioconductor package for differential binding analysis of ChIP-seq data using"
    " sliding windows",
    "Nucleic Acids Res 2016;44:e45",
    "10.1093/nar/gkv1191",
)

ORLANDO_2014 = Reference(
    "Orlando DA, Chen MW, Brown VE, et al",
    "Quantitative ChIP-Seq normalization reveals global modulation of the epigenome",
    "Cell Rep 2014;9:1163-1170",
    "10.1016/j.celrep.2014.10.018",
)

LUND_2012 = Reference(
    "Lund SP, Nettleton D, McCarthy DJ, Smyth GK",
    "Detecting differential expression in RNA-sequence data using quasi-likelihood with"
    " shrunken dispersion estimates",
    "Stat Appl Genet Mol Biol 2012;11:8",
    "10.1515/1544-6115.1826",
)

COX_1972 = Reference(
    "Cox DR",
    "Regression models and life-tables",
    "J R Stat Soc B 1972;34:187-220",
    "10.1111/j.2517-6161.1972.tb00899.x",
)

ROBINSON_1982 = Reference(
    "Robinson J",
    "Saddlepoint approximations for permutation tests and confidence intervals",
    "J R Stat Soc B 1982;44:91-101",
    unverified="no DOI found",
)

BOOTH_1990 = Reference(
    "Booth JG, Butler RW",
    "Randomization distributions and saddlepoint approximations in generalized linear models",
    "Biometrika 1990;77:787-796",
    "10.1093/biomet/77.4.787",
    unverified="pages and DOI",
)

TUSHER_2001 = Reference(
    "Tusher VG, Tibshirani R, Chu G",
    "Significance analysis of microarrays applied to the ionizing radiation response",
    "Proc Natl Acad Sci USA 2001;98:5116-5121",
    "10.1073/pnas.091062498",
)

WILCOXON_1945 = Reference(
    "Wilcoxon F",
    "Individual comparisons by ranking methods",
    "Biometrics Bull 1945;1:80-83",
    "10.2307/3001968",
)

WELCH_1947 = Reference(
    "Welch BL",
    "The generalization of 'Student's' problem when several different population variances"
    " are involved",
    "Biometrika 1947;34:28-35",
    "10.1093/biomet/34.1-2.28",
)

RITCHIE_2006 = Reference(
    "Ritchie ME, Diyagama D, Neilson J, et al",
    "Empirical array quality weights in the analysis of microarray data",
    "BMC Bioinformatics 2006;7:261",
    "10.1186/1471-2105-7-261",
)

SMYTH_2005 = Reference(
    "Smyth GK, Michaud J, Scott HS",
    "Use of within-array replicate spots for assessing differential expression in microarray"
    " experiments",
    "Bioinformatics 2005;21:2067-2075",
    "10.1093/bioinformatics/bti270",
)

HORN_1965 = Reference(
    "Horn JL",
    "A rationale and test for the number of factors in factor analysis",
    "Psychometrika 1965;30:179-185",
    "10.1007/BF02289447",
)

WANG_2017 = Reference(
    "Wang J, Zhao Q, Hastie T, Owen AB",
    "Confounder adjustment in multiple hypothesis testing",
    "Ann Stat 2017;45:1863-1894",
    "10.1214/16-AOS1511",
)

LEEK_2007 = Reference(
    "Leek JT, Storey JD",
    "Capturing heterogeneity in gene expression studies by surrogate variable analysis",
    "PLoS Genet 2007;3:e161",
    "10.1371/journal.pgen.0030161",
)

GAGNON_BARTSCH_2012 = Reference(
    "Gagnon-Bartsch JA, Speed TP",
    "Using control genes to correct for unwanted variation in microarray data",
    "Biostatistics 2012;13:539-552",
    "10.1093/biostatistics/kxr034",
)

MCCARTHY_2009 = Reference(
    "McCarthy DJ, Smyth GK",
    "Testing significance relative to a fold-change threshold is a TREAT",
    "Bioinformatics 2009;25:765-771",
    "10.1093/bioinformatics/btp053",
)

STEPHENS_2017 = Reference(
    "Stephens M",
    "False discovery rates: a new deal",
    "Biostatistics 2017;18:275-294",
    "10.1093/biostatistics/kxw041",
)

LU_2019 = Reference(
    "Lu M, Stephens M",
    "Empirical Bayes estimation of normal means, accounting for uncertainty in estimated"
    " standard errors",
    "arXiv 2019;1901.10679",
)

KUO_2011 = Reference(
    "Kuo AJ, Cheung P, Chen K, et al",
    "NSD2 links dimethylation of histone H3 at lysine 36 to oncogenic programming",
    "Mol Cell 2011;44:609-620",
    "10.1016/j.molcel.2011.08.042",
    unverified="DOI (PubMed 22099308)",
)

WU_2010 = Reference(
    "Wu D, Lim E, Vaillant F, Asselin-Labat ML, Visvader JE, Smyth GK",
    "ROAST: rotation gene set tests for complex microarray experiments",
    "Bioinformatics 2010;26:2176-2182",
    "10.1093/bioinformatics/btq401",
)

SUBRAMANIAN_2005 = Reference(
    "Subramanian A, Tamayo P, Mootha VK, et al",
    "Gene set enrichment analysis: a knowledge-based approach for interpreting genome-wide"
    " expression profiles",
    "Proc Natl Acad Sci USA 2005;102:15545-15550",
    "10.1073/pnas.0506580102",
)

VENET_2011 = Reference(
    "Venet D, Dumont JE, Detours V",
    "Most random gene expression signatures are significantly associated with breast cancer"
    " outcome",
    "PLoS Comput Biol 2011;7:e1002240",
    "10.1371/journal.pcbi.1002240",
)

SKENE_2017 = Reference(
    "Skene PJ, Henikoff S",
    "An efficient targeted nuclease strategy for high-resolution mapping of DNA binding sites",
    "eLife 2017;6:e21856",
    "10.7554/eLife.21856",
)

MEERS_2019 = Reference(
    "Meers MP, Bryson TD, Henikoff JG, Henikoff S",
    "Improved CUT&RUN chromatin profiling tools",
    "eLife 2019;8:e46314",
    "10.7554/eLife.46314",
)

KAYA_OKUR_2019 = Reference(
    "Kaya-Okur HS, Wu SJ, Codomo CA, et al",
    "CUT&Tag for efficient epigenomic profiling of small samples and single cells",
    "Nat Commun 2019;10:1930",
    "10.1038/s41467-019-09982-5",
)

LUN_2014 = Reference(
    "Lun ATL, Smyth GK",
    "De novo detection of differentially bound regions for ChIP-seq data using peaks and windows:"
    " controlling error rates correctly",
    "Nucleic Acids Res 2014;42:e95",
    "10.1093/nar/gku351",
)

SIMES_1986 = Reference(
    "Simes RJ",
    "An improved Bonferroni procedure for multiple tests of significance",
    "Biometrika 1986;73:751-754",
    "10.1093/biomet/73.3.751",
)

WANG_2022 = Reference(
    "Wang J, Gui L, Su WJ, Sabatti C, Owen AB",
    "Detecting multiple replicating signals using adaptive filtering procedures",
    "Ann Stat 2022;50:1890-1909",
    "10.1214/21-AOS2139",
)

BENJAMINI_2008 = Reference(
    "Benjamini Y, Heller R",
    "Screening for partial conjunction hypotheses",
    "Biometrics 2008;64:1215-1222",
    "10.1111/j.1541-0420.2007.00984.x",
)

LIAN_2008 = Reference(
    "Lian H",
    "MOST: detecting cancer differential gene expression",
    "Biostatistics 2008;9:411-418",
    "10.1093/biostatistics/kxm042",
)

WANG_2010 = Reference(
    "Wang Y, Rekaya R",
    "LSOSS: detection of cancer outlier differential gene expression",
    "Biomark Insights 2010;5:69-78",
    "10.4137/BMI.S5175",
)

JANSEN_2013 = Reference(
    "Jansen MPHM, Knijnenburg T, Reijm EA, et al",
    "Hallmarks of aromatase inhibitor drug resistance revealed by epigenetic profiling in breast"
    " cancer",
    "Cancer Res 2013;73:6632-6641",
    unverified="authors after the first; no DOI found",
)
