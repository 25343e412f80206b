"""What runs inside bubblewrap: the fork server, a supervisor for each job, and the job's program.

Standard library only, and nothing of Tilth's but this folder: it is all of the checkout that a sandbox sees.
"""
