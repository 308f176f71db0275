"""What gunicorn reads by itself where it is started in this folder; its command line comes first."""

from portal import serving

on_starting = serving.on_starting
