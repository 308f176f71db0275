"""What officers have typed and not sent yet, kept on the server."""
