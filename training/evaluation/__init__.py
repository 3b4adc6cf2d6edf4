"""What a model is worth: perplexity, calibration, what its scripts are like; kept as a report and a model card."""
