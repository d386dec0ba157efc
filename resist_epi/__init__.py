"""resist_epi."""
