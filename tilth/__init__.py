"""What two or more stages share. This floor knows no stage, no Prefect and no Great Expectations (save `checks`)."""
