"""The web application: the poll page, and what Kubernetes and Prometheus ask of it."""

import time
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from vote import pages
from vote.ballots import BallotBox, QueueUnavailableError
from vote.metrics import Metrics
from vote.settings import Settings
from vote.visitors import is_cross_site, known_voter, new_voter, remember_voter

# A vote is some ten bytes; browsers add nothing to them.
MAX_BODY_BYTES = 4096
RETRY_AFTER_SECONDS = "5"

log = structlog.stdlib.get_logger("vote")


def create_app(settings: Settings) -> Flask:
    """Build the application for one poll."""
    app = Flask("vote", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    metrics = Metrics(option.id for option in settings.poll_options)
    poll_pages = pages.Pages(settings.poll_title, settings.poll_options)
    ballot_box = BallotBox(settings.redis_host, settings.redis_port)
    _add_poll(app, settings, poll_pages, ballot_box, metrics)
    _add_probes(app, ballot_box, metrics)
    _add_errors(app, poll_pages, metrics)
    _add_observation(app, metrics)
    _add_security_headers(app, poll_pages.content_security_policy)
    return app


def _add_poll(
    app: Flask, settings: Settings, poll_pages: pages.Pages, ballot_box: BallotBox, metrics: Metrics
) -> None:
    options = {option.id: option for option in settings.poll_options}

    def reject(reason: str, status: HTTPStatus, notice: pages.Notice) -> Response:
        metrics.rejected.labels(reason).inc()
        return Response(poll_pages.poll(notice), status)

    def take_vote(voter_id: str) -> Response:
        if is_cross_site(request):
            return reject("cross_site", HTTPStatus.FORBIDDEN, pages.CROSS_SITE)
        chosen = options.get(request.form.get("vote", ""))
        if chosen is None:
            return reject("invalid_option", HTTPStatus.BAD_REQUEST, pages.CHOOSE)
        try:
            ballot_box.put(voter_id, chosen.id)
        except QueueUnavailableError as unavailable:
            log.warning("vote not counted: redis did not take it", reason=str(unavailable))
            response = reject("queue_unavailable", HTTPStatus.SERVICE_UNAVAILABLE, pages.TRY_AGAIN)
            response.headers["Retry-After"] = RETRY_AFTER_SECONDS
            return response
        metrics.accepted.labels(chosen.id).inc()
        return Response(poll_pages.voted(chosen))

    @app.route("/", methods=["GET", "POST"])
    def poll() -> Response:
        known = known_voter(request)
        voter_id = known or new_voter()
        response = take_vote(voter_id) if request.method == "POST" else Response(poll_pages.poll())
        if known is None:
            remember_voter(request, response, voter_id)
        return response


def _add_probes(app: Flask, ballot_box: BallotBox, metrics: Metrics) -> None:
    @app.get("/health")
    def health() -> ResponseReturnValue:
        """Alive, whatever Redis does: a restart of this process would not bring Redis back."""
        return {"status": "ok"}

    @app.get("/ready")
    def ready() -> ResponseReturnValue:
        try:
            ballot_box.check()
        except QueueUnavailableError as unavailable:
            body = {"status": "unavailable", "checks": {"redis": str(unavailable)}}
            return body, HTTPStatus.SERVICE_UNAVAILABLE
        return {"status": "ok", "checks": {"redis": "ok"}}

    @app.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _add_errors(app: Flask, poll_pages: pages.Pages, metrics: Metrics) -> None:
    @app.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
        metrics.rejected.labels("too_large").inc()
        return poll_pages.poll(pages.TOO_LARGE), HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        """Give every other error, our own faults among them, the look of the poll.

        Flask has logged a fault with its traceback before it comes here as InternalServerError.
        """
        return Response(poll_pages.error(error.name), error.code, error.get_headers())


def _add_observation(app: Flask, metrics: Metrics) -> None:
    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def observe(response: Response) -> Response:
        seconds = time.perf_counter() - g.started
        path = request.url_rule.rule if request.url_rule else None
        metrics.observe_request(request.method, path, response.status_code, seconds)
        log.debug(
            "request answered",
            method=request.method,
            path=path,
            status=response.status_code,
            seconds=round(seconds, 6),
        )
        return response


def _add_security_headers(app: Flask, content_security_policy: str) -> None:
    headers = {
        "Content-Security-Policy": content_security_policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
    }

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.extend(headers)
        return response
