"""The contact table as a sheet: read as it really arrives, planned against the directory, written."""
