"""Carries a batch run through: cut the input, deploy what is needed, start the job, follow it, collect its rows.

What makes a run safe to kill at any moment:

* everything up to the job looks first and can be done twice (`plan`, `deploy`);
* the job is the one thing that must not be started twice. Its output address is unique to the run and is written down
  before Azure is asked, so that a run which died in between asks Azure whether the job is there (`record`);
* rows are merged by key (`merge`), files are replaced whole and the database takes all rows or none (`sinks`), so that
  collecting again ends in the same place.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from windlass.batch.candidate import ModelChoice, choose_model, describe_choice, find_candidate
from windlass.batch.collect import KEYS, Places, check_complete, collect_rows
from windlass.batch.deploy import Deployer
from windlass.batch.follow import Followed, follow_job, look_at, shorten
from windlass.batch.models import (
    Collected,
    CollectResults,
    Data,
    FollowJob,
    Job,
    JobRequest,
    JobStatus,
    Key,
    Plan,
    RegisteredData,
    StartJob,
    UploadedData,
)
from windlass.batch.plan import plan_run
from windlass.batch.ports import Assets, BatchEndpoints, BatchJobs, Clock, Listener
from windlass.batch.prepare import digest_tables, find_tables, prepare_input, read_keys, write_keys
from windlass.batch.record import FileRuns, Phase, Run
from windlass.errors.batch import JobFailedError, JobNotFoundError
from windlass.project.definitions import BatchDefinition
from windlass.project.results import ResultFormat
from windlass.release.models import Endpoint

INPUT = "input"
OUTPUT = "azureml://datastores/workspaceblobstore/paths/windlass/{endpoint}/{run}/predictions.csv"
_VERSION_LENGTH = 12


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person asked for.

    Attributes:
        definition: The batch side of the endpoint folder.
        layout: What the scoring script returns.
        endpoint: The batch endpoint's name in Azure.
        source: A file or folder, or data that the workspace has; None when a job is only to be collected.
        model: Which model; None leaves the choice to us.
        serving: The real-time endpoint of the same folder, for that choice.
        nodes: How many nodes; None leaves it to the deployment.
        workers: Processes that will score at the same time, for cutting the input.
        folder: Where files go; None for the run's own folder.
        database: The SQLite file that takes the rows as well, if any.
    """

    definition: BatchDefinition
    layout: ResultFormat
    endpoint: str
    source: Path | RegisteredData | None
    model: ModelChoice | None = None
    serving: Endpoint | None = None
    nodes: int | None = None
    workers: int = 1
    folder: Path | None = None
    database: Path | None = None

    @property
    def name(self) -> str:
        """The folder under `endpoints/`."""
        return self.definition.name


class BatchRuns:
    """The batch runs of one endpoint folder on one stack."""

    def __init__(
        self, *, assets: Assets, endpoints: BatchEndpoints, jobs: BatchJobs, runs: FileRuns, clock: Clock
    ) -> None:
        self._assets = assets
        self._endpoints = endpoints
        self._jobs = jobs
        self._runs = runs
        self._clock = clock

    def plan(self, wish: Wish) -> Plan:
        """Look at Azure and at the input and plan; nothing is changed or written."""
        keys = _read_keys(wish)
        folder = wish.folder or self._runs.folder("<run>")
        return self._plan(wish, rows=None if keys is None else len(keys), files=None, folder=folder)

    def run(self, wish: Wish, listen: Listener) -> Collected:
        """Score a table; an unfinished run of the same table with the same model is taken up.

        Raises:
            JobFailedError: The job failed or was cancelled.
            RowsMissingError: Rows have no result; the others were collected.
            RowsUnexpectedError: The results name rows that the input does not have.
        """
        begun = self._clock.elapsed()
        with self._runs.lock():
            self._runs.sweep()
            run = self._find_open(wish)
            if run is None:
                run = self._prepare(wish)
            else:
                listen.resumed(run.run, run.job)
            return self._finish(self._start(run, wish, listen), wish, listen, begun)

    def resume(self, job: str, wish: Wish, listen: Listener) -> Collected:
        """Follow and collect a job that was started before, from here or from elsewhere.

        Raises:
            JobNotFoundError: The workspace has no such job.
        """
        begun = self._clock.elapsed()
        with self._runs.lock():
            self._runs.sweep()
            run = self._runs.find_job(job) or self._adopt(job, wish)
            listen.resumed(run.run, run.job)
            return self._finish(run, wish, listen, begun)

    def cancel(self, job: str, listen: Listener) -> Job:
        """End a job and wait until it has ended; one that has ended already stays as it ended.

        Raises:
            JobNotFoundError: The workspace has no such job.
        """
        with self._runs.lock():
            known = self._jobs.get(job)
            if not known.status.is_final:
                self._jobs.cancel(known)
            ended = follow_job(known, self._jobs, self._clock, listen.progress).job
            run = self._runs.find_job(job)
            if run is not None and run.phase.is_open and ended.status is not JobStatus.COMPLETED:
                self._runs.save(run.moved(phase=Phase.ENDED))
        return ended

    def _find_open(self, wish: Wish) -> Run | None:
        """Find an unfinished run of the same table with the same model whose job can still be followed."""
        digest, model = _digest(wish.source), describe_choice(wish.model)
        while (run := self._runs.find_open(digest, model)) is not None and self._is_gone(run):
            # The job went with its workspace: nothing of it is left to be collected.
            self._runs.save(run.moved(phase=Phase.ENDED))
        return run

    def _is_gone(self, run: Run) -> bool:
        if run.phase is not Phase.STARTED:
            return False
        try:
            self._jobs.get(run.job)
        except JobNotFoundError:
            return True
        return False

    def _plan(self, wish: Wish, *, rows: int | None, files: int | None, folder: Path) -> Plan:
        endpoint = self._endpoints.observe(wish.endpoint)
        choice = wish.model or choose_model(wish.name, wish.serving, endpoint)
        deployment = wish.definition.deployment
        candidate = find_candidate(self._assets, wish.name, deployment, choice)
        start = StartJob(deployment="", source=_describe(wish.source), rows=rows, files=files, nodes=wish.nodes)
        collect = CollectResults(folder=str(folder), database=str(wish.database or ""))
        return plan_run(candidate, deployment, endpoint, start, collect)

    def _prepare(self, wish: Wish) -> Run:
        """Cut the input and begin a record; from here on the same command finds this run."""
        digest = _digest(wish.source)
        run = Run(
            run=self._runs.new_name(digest),
            endpoint=wish.name,
            source=_describe(wish.source),
            digest=digest,
            wanted_model=describe_choice(wish.model),
        )
        if not isinstance(wish.source, Path):
            return self._runs.save(run)
        home = self._runs.folder(run.run)
        prepared, keys = prepare_input(wish.source, home / INPUT, key=wish.layout.key, workers=wish.workers)
        write_keys(keys, home / KEYS)
        return self._runs.save(
            run.moved(rows=len(keys), files=len(prepared.pieces), data=prepared.digest[:_VERSION_LENGTH])
        )

    def _adopt(self, name: str, wish: Wish) -> Run:
        """Begin a record of a job that this folder has no record of."""
        job = self._jobs.get(name)
        made_of = self._endpoints.observe(wish.endpoint).find(job.deployment)
        run = Run(
            run=self._runs.new_name(name),
            endpoint=wish.name,
            source=_describe(wish.source),
            digest=f"job:{name}",
            wanted_model="",
            phase=Phase.STARTED,
            deployment=job.deployment,
            model=made_of.model if made_of else "",
            job=name,
        )
        keys = _read_keys(wish)
        if keys is not None:
            home = self._runs.folder(run.run)
            home.mkdir(parents=True, exist_ok=True)
            write_keys(keys, home / KEYS)
            run = run.moved(rows=len(keys))
        return self._runs.save(run)

    def _start(self, run: Run, wish: Wish, listen: Listener) -> Run:
        """Bring a run to where its job's name is on record."""
        if run.phase is Phase.STARTED:
            return run
        job = self._jobs.find(wish.endpoint, run.run) if run.phase is Phase.STARTING else None
        if job is None:
            run, start = self._deploy(run, wish, listen)
            listen.step(start, done=False)
            job = self._jobs.start(self._request(run, wish))
            listen.step(start, done=True)
        return self._runs.save(run.moved(phase=Phase.STARTED, job=job.name))

    def _deploy(self, run: Run, wish: Wish, listen: Listener) -> tuple[Run, StartJob]:
        plan = self._plan(wish, rows=run.rows, files=run.files, folder=self._folder(run, wish))
        deployer = Deployer(wish.endpoint, assets=self._assets, endpoints=self._endpoints)
        for step in plan.deploy_steps:
            listen.step(step, done=False)
            deployer.perform(step)
            listen.step(step, done=True)
        start = next(step for step in plan.steps if isinstance(step, StartJob))
        output = OUTPUT.format(endpoint=wish.endpoint, run=run.run)
        moved = run.moved(phase=Phase.STARTING, deployment=plan.deployment, model=plan.model, output=output)
        return self._runs.save(moved), start

    def _request(self, run: Run, wish: Wish) -> JobRequest:
        data: Data
        if isinstance(wish.source, RegisteredData):
            data = wish.source
        else:
            data = UploadedData(
                name=f"{wish.name}-batch-input", version=run.data, folder=self._runs.folder(run.run) / INPUT
            )
        return JobRequest(
            run=run.run,
            endpoint=wish.endpoint,
            deployment=run.deployment,
            data=data,
            output=run.output,
            nodes=wish.nodes,
        )

    def _finish(self, run: Run, wish: Wish, listen: Listener, begun: float) -> Collected:
        """Wait for the job of a run and collect its rows."""
        last = self._follow(run, listen)
        self._check_completed(run, last.job)
        folder = self._folder(run, wish)
        collect = CollectResults(folder=str(folder), database=str(wish.database or ""))
        listen.step(collect, done=False)
        home = self._runs.folder(run.run)
        places = Places(home=home, files=folder, database=wish.database)
        collected, merged = collect_rows(run, last.job, self._jobs, wish.layout, places, now=self._clock.now())
        # By now whoever keeps count of the nodes has seen the last of them leave.
        nodes = shorten(look_at(last.job, self._jobs, self._clock).nodes_over_time or last.nodes)
        self._runs.save(run.moved(phase=Phase.COLLECTED))
        if (home / INPUT).is_dir():
            shutil.rmtree(home / INPUT)
        listen.step(collect, done=True)
        check_complete(merged, collected)
        return replace(collected, seconds=self._clock.elapsed() - begun, nodes_over_time=nodes)

    def _follow(self, run: Run, listen: Listener) -> Followed:
        listen.step(FollowJob(), done=False)
        last = follow_job(self._jobs.get(run.job), self._jobs, self._clock, listen.progress)
        listen.step(FollowJob(), done=True)
        return last

    def _check_completed(self, run: Run, job: Job) -> None:
        if job.status is JobStatus.COMPLETED:
            return
        self._runs.save(run.moved(phase=Phase.ENDED))
        log = self._jobs.explain(job)
        raise JobFailedError(job.name, job.state or job.status, log[0] if log else "", details=log[1:])

    def _folder(self, run: Run, wish: Wish) -> Path:
        return wish.folder or self._runs.folder(run.run)


def _describe(source: Path | RegisteredData | None) -> str:
    if isinstance(source, RegisteredData):
        return f"azureml:{source.name}:{source.version}"
    return str(source or "")


def _digest(source: Path | RegisteredData | None) -> str:
    """Name the content of a source, so that the same command on the same table is known again."""
    return digest_tables(find_tables(source)) if isinstance(source, Path) else _describe(source)


def _read_keys(wish: Wish) -> list[Key] | None:
    """The keys of the input, where it lies on this machine."""
    return read_keys(find_tables(wish.source), wish.layout.key) if isinstance(wish.source, Path) else None
