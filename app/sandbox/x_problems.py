"""How the network says no: the error bodies of X's API v2, raised where the refusal is decided."""

from typing import Any

PROBLEMS = "https://api.twitter.com/2/problems/"
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
GONE = "You attempted to reply to a Tweet that is deleted or not visible to you."
NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author "
    "of the post you are replying to."
)
TOO_LONG = "Your Tweet text is too long."


class Refusal(Exception):  # noqa: N818 - an answer of the network, not an error of ours
    """An answer that is not the asked one: a status and the body the real network would send."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body.get("detail", ""))
        self.status = status
        self.body = body
        self.headers = headers or {}


def plain(status: int, title: str, detail: str) -> Refusal:
    """A refusal without a type of its own."""
    return Refusal(status, {"title": title, "detail": detail, "type": "about:blank", "status": status})


def unauthorized() -> Refusal:
    """No token, or one that nobody holds."""
    return plain(401, "Unauthorized", "Unauthorized")


def forbidden(detail: str) -> Refusal:
    """Understood, and not allowed."""
    return plain(403, "Forbidden", detail)


def app_only() -> Refusal:
    """An app's token where a user's is needed."""
    detail = (
        "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported authentication "
        "types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
    )
    body = {"title": "Unsupported Authentication", "detail": detail, "status": 403}
    return Refusal(403, body | {"type": PROBLEMS + "unsupported-authentication"})


def user_only() -> Refusal:
    """A user's token where an app's is needed."""
    detail = (
        "Authenticating with OAuth 2.0 User Context is forbidden for this endpoint.  Supported authentication types "
        "are [OAuth 2.0 Application-Only]."
    )
    body = {"title": "Unsupported Authentication", "detail": detail, "status": 403}
    return Refusal(403, body | {"type": PROBLEMS + "unsupported-authentication"})


def stream_issue(status: int, issue: str, detail: str) -> Refusal:
    """The stream is not opened now."""
    body = {"title": "ConnectionException", "detail": detail, "connection_issue": issue, "status": status}
    return Refusal(status, body | {"type": PROBLEMS + "streaming-connection"})


def invalid(parameter: str, value: object, message: str) -> Refusal:
    """One parameter is wrong."""
    return Refusal(
        400,
        {
            "errors": [{"parameters": {parameter: [str(value)]}, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": PROBLEMS + "invalid-request",
        },
    )


def not_found(kind: str, parameter: str, value: str) -> dict[str, Any]:
    """The entry for something that does not exist (any more); it rides on an answer with status 200."""
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": PROBLEMS + "resource-not-found",
    }


def too_many(headers: dict[str, str] | None = None) -> Refusal:
    """A rate limit is reached."""
    refusal = plain(429, "Too Many Requests", "Too Many Requests")
    refusal.headers = headers or {}
    return refusal


def usage_capped() -> Refusal:
    """A cap of the plan is reached: nothing says until when."""
    return Refusal(
        429,
        {
            "title": "UsageCapExceeded",
            "detail": "Usage cap exceeded: Monthly product cap",
            "type": PROBLEMS + "usage-capped",
            "period": "Monthly",
            "scope": "Product",
            "status": 429,
        },
    )
