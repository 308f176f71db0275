"""What gunicorn reads by itself where it is started in this folder; its command line comes first."""

from portal import serving

serving.count_together()
on_starting, on_exit = serving.on_starting, serving.on_exit
