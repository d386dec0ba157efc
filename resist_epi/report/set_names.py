"""Short names of the built-in gene sets, as they stand behind a gene's role."""

from __future__ import annotations

# Neutral: a gene belongs to a set whichever way its mark goes.
SHORT: dict[str, str] = {
    "GLYCOLYSIS_CORE": "glycolysis",
    "PPP_OXIDATIVE": "pentose phosphate, oxidative",
    "PPP_NONOXIDATIVE": "pentose phosphate, non-oxidative",
    "PPP_ALL": "pentose phosphate",
    "NADPH_PRODUCTION": "NADPH",
    "REDOX_ROS_DEFENCE": "redox defence",
    "REDOX_BRAKES": "redox, brake",
    "FATTY_ACID_OXIDATION": "fatty-acid oxidation",
    "FATTY_ACID_SYNTHESIS_SREBP": "lipogenesis",
    "CHOLESTEROL_BIOSYNTHESIS": "cholesterol",
    "TCA_CYCLE": "TCA cycle",
    "GLUTAMINE_METABOLISM": "glutamine",
    "SERINE_GLYCINE_ONE_CARBON": "serine, one-carbon",
    "OXPHOS_SENTINEL": "oxidative phosphorylation",
    "ESR1_TARGETS": "ESR1 programme",
    "ESR1_COACTIVATORS": "ESR1 activation",
    "ESR1_COREPRESSORS": "ESR1 repression",
    "LUMINAL_IDENTITY": "luminal identity",
    "BASAL_IDENTITY": "basal identity",
    "PI3K_AKT_MTOR": "PI3K/AKT/mTOR",
    "RAS_PI3K_BRAKES": "RAS and PI3K, brake",
    "RTK_ERBB_IGF1R_FGFR": "receptor tyrosine kinases",
    "RTK_BRAKES": "receptor tyrosine kinases, brake",
    "MAPK_ERK": "MAPK/ERK",
    "CELL_CYCLE_E2F": "cell cycle",
    "CELL_CYCLE_BRAKES": "cell cycle, brake",
    "HYPOXIA_RESPONSE": "hypoxia",
    "INTERFERON_RESPONSE": "interferon",
    "AUTOPHAGY_CORE": "autophagy",
    "POLYCOMB_MACHINERY": "Polycomb",
    "POLYCOMB_ERASERS": "eraser of H3K27me3",
    "H3K36_MACHINERY": "H3K36 methylation",
    "NSD2_TARGETS_TAMOXIFEN": "NSD2-linked metabolism",
    "NSD2_TARGETS_TNBC": "NSD2 target in TNBC",
    "NSD2_TARGETS_OTHER_CONTEXT": "NSD2 target elsewhere",
    "EPIGENETIC_ENDOCRINE_RESISTANCE": "endocrine resistance",
    "EPIGENETIC_ENDOCRINE_SILENCED": "silenced in endocrine resistance",
    "HOXA_CLUSTER": "HOXA",
    "HOXB_CLUSTER": "HOXB",
    "HOXC_CLUSTER": "HOXC",
    "HOXD_CLUSTER": "HOXD",
    "METHYLATION_SILENCED": "DNA methylation",
    "AMPLICON_8P11": "8p11 in tumours",
    "AMPLICON_11Q13": "11q13 in tumours",
    "AMPLICON_17Q12": "17q12 in tumours",
    "AMPLICON_17Q23": "17q23 in tumours",
    "AMPLICON_20Q13": "20q13 in tumours",
    "LOSS_16Q": "16q in tumours",
    "LOSS_17P": "17p in tumours",
    "LOSS_8P": "8p in tumours",
    "LOSS_11Q": "11q in tumours",
    "PROLIFERATION_MARKERS": "proliferation",
    "ENDOTHELIAL_MARKERS": "endothelium",
    "ADIPOSE_MARKERS": "fat tissue",
    "STROMA_MARKERS": "stroma",
    "IMMUNE_MARKERS": "immune cells",
    "NORMAL_EPITHELIUM_MARKERS": "normal epithelium",
}


def short_name(name: str) -> str:
    """`glycolysis` of `GLYCOLYSIS_CORE`; of a set that has none its name in small letters.

    Examples
    --------
    >>> short_name("PPP_ALL"), short_name("MY_OWN_SET")
    ('pentose phosphate', 'my own set')
    """
    return SHORT.get(name) or name.replace("_", " ").lower()
