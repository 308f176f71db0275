"""What happens: the Flask application, feature by feature."""
