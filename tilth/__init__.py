"""What two or more stages share: it knows no stage, no Prefect, and no Great Expectations (save `checks`)."""
