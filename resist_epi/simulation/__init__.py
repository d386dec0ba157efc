"""The parts of a simulated cohort: settings, landscape, effects, tumours, libraries, truth."""
