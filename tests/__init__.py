"""The tests: rules without a database, directory and portal on both databases, the browser, the house's conventions."""
