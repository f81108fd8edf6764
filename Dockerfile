# One image, two uses: on your own machine, and for each learner's server at a JupyterHub.
#
#   docker build --tag iamlab .
#   docker run --publish 8888:8888 iamlab
#
# docs/jupyterhub.md says more, and what was tried.

# The tag names the versions of Python and Debian, so that both change only when this line does.
# Fixes of both still arrive: build the image again, with --pull.
FROM python:3.13-slim-trixie

# The major version of your hub's JupyterHub: 5 in version 4 of Zero to JupyterHub's chart.
ARG JUPYTERHUB=5

# nbgitpuller, which fetches notebooks by a link, needs git.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*

COPY pyproject.toml README.md LICENSE NOTICE /opt/iamlab/
COPY LICENSES /opt/iamlab/LICENSES
COPY iamlab /opt/iamlab/iamlab
COPY notebooks /opt/iamlab/notebooks
RUN pip install --no-cache-dir "/opt/iamlab[lab,clients]" "jupyterhub==$JUPYTERHUB.*" "nbgitpuller>=1.2,<2"

# The settings of `make lab`. At a hub they can't leave out the question about Jupyter's news.
RUN cp /opt/iamlab/iamlab/distribution/jupyter_lab_config.py /usr/local/etc/jupyter/jupyter_server_config.py \
    && jupyter labextension disable "@jupyterlab/apputils-extension:announcements"

# Zero to JupyterHub starts servers as this user, and mounts the learner's volume at this folder.
RUN useradd --create-home --uid 1000 --gid users jovyan
USER 1000
ENV HOME=/home/jovyan SHELL=/bin/bash
WORKDIR /home/jovyan
EXPOSE 8888

# The notebooks are copied at each start, because a hub's volume hides what the image has in this
# folder. A newer image brings newer notebooks. What the learner has changed stays. A hub replaces CMD,
# and keeps ENTRYPOINT.
ENTRYPOINT ["sh", "-c", "iamlab lab --update --no-start notebooks; exec \"$@\"", "iamlab"]
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
