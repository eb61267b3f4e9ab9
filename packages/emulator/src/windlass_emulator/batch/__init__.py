"""Batch scoring: endpoints, deployments of models, jobs, and clusters whose nodes are real processes.

How a job runs. The invocation writes the job down (`invocation.py`, `records.py`) and `runner.py` takes it through:
environment, model and code are fetched; the input is downloaded and cut into mini-batches of files; the cluster
(`cluster.py`) is asked for nodes; each node's agent (`driver.py`) starts `maxConcurrencyPerInstance` worker processes
in the interpreter of the deployment's environment, which call `init()` once and `run(mini_batch)` for each mini-batch.
A mini-batch whose `run` raises or takes too long is tried again `maxRetries` times; one whose node dies is given to
another without using up a try. At the end the rows of all mini-batches, each once, are one file of the output.

predictions.csv (append_row) is as Azure writes it. Rows of a DataFrame: values separated by a space, no header, no
index, quoted where they hold a space; elements of a list: `str` of each on its own line; no order promised.
(Azure's page on image processing in batch reads it with `header=None, sep=' '`; its page on scoring scripts says that
column names are not included and that complex values are written as strings; its endpoint passes
`--append_row_dataframe_header False` to the driver.) `summary_only` writes no file of its own. Whatever the script
itself writes below AZUREML_BI_OUTPUT_PATH is uploaded beside it when the job has ended well.

What clients can read of a job that runs:

- `ml_client.jobs.get(name).properties` (REST: `properties.properties` of `jobs/{name}`, and `properties` of
  `{api}/history/v1.0{workspace}/runs/{run}` for the job and its step), all values text. This is an addition of the
  local Azure, so treat absence as "not known":
  `windlass.miniBatchesTotal`, `windlass.miniBatchesDone`, `windlass.miniBatchesFailed`, `windlass.itemsTotal` (input
  files), `windlass.itemsFailed`, `windlass.rows` (returned so far), and `windlass.nodesOverTime`, a JSON list of
  `[seconds since the invocation, nodes of the cluster]`, one entry per change, until the cluster has shrunk again.
- the step's log `logs/azureml/job_progress_overview.{yyyymmddhh}.txt`, in `logFiles` of `runs/{step}/details`.
  Azure documents the file's purpose, not its wording.
- `jobs.stream` prints `logs/azureml/executionlogs.txt`.

Limits: one data input (UriFolder or UriFile in blob storage), models with a scoring script, AmlCompute. Pipeline
component deployments, MLflow models without a script, tabular input and jobs of other kinds are refused by name.
"""

from __future__ import annotations

from windlass_emulator.batch import deployments, endpoints, invocation, jobs, live, runs
from windlass_emulator.batch.addresses import JOB_TYPE
from windlass_emulator.feature import Feature


def feature() -> Feature:
    """Return the part of the local Azure that scores in batch."""
    return Feature(
        name="batch",
        routes=(
            *endpoints.routes(), *deployments.routes(), *invocation.routes(), *jobs.routes(), *runs.routes(),
        ),
        actions={
            "batch_endpoint.put": endpoints.put_endpoint,
            "batch_endpoint.delete": endpoints.delete_endpoint,
            "batch_deployment.put": deployments.put_deployment,
            "batch_deployment.delete": deployments.delete_deployment,
            "batch.cancel": live.cancel_job,
        },
        renderers={JOB_TYPE.lower(): jobs.render_job},
        start=live.start,
        stop=live.stop,
        status=live.status,
        deleted={JOB_TYPE.lower(): live.job_removed},
    )  # fmt: skip
