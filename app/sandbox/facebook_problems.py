"""How the Graph API says no: its error bodies with code, subcode and trace, raised where the refusal is decided."""

from typing import Any


class GraphRefusal(Exception):  # noqa: N818 - an answer of the network, not an error of ours
    """An error of the Graph API: its status and its body."""

    def __init__(
        self, code: int, message: str, *, subcode: int | None = None, status: int = 400, transient: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers: dict[str, str] = {}
        kind = "GraphMethodException" if subcode == 33 else "OAuthException"  # noqa: PLR2004 - the network's own number
        self.body: dict[str, Any] = {"message": message, "type": kind, "code": code, "fbtrace_id": "A" + f"{code:0>22}"}
        if subcode is not None:
            self.body["error_subcode"] = subcode
        if transient:
            self.body["is_transient"] = True


def gone(verb: str, item_id: str) -> GraphRefusal:
    """No such object, or none that this token may see: the network does not tell which."""
    message = (
        f"Unsupported {verb} request. Object with ID '{item_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation. Please read the Graph API documentation."
    )
    return GraphRefusal(100, message, subcode=33)


def no_field(name: str, kind: str) -> GraphRefusal:
    """A field that the node does not have."""
    return GraphRefusal(100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({kind})")


def bad(message: str) -> GraphRefusal:
    """A parameter that is wrong."""
    return GraphRefusal(100, f"(#100) {message}")


def no_token() -> GraphRefusal:
    """Nobody is asking."""
    return GraphRefusal(2500, "An active access token must be used to query information about the current user.")


def signed_out(subcode: int = 460) -> GraphRefusal:
    """A token that holds no longer: 460 password changed, 463 expired, 458 app removed."""
    return GraphRefusal(190, "Error validating access token: the session is no longer valid.", subcode=subcode)


def not_permitted(scope: str) -> GraphRefusal:
    """The token lacks a permission."""
    return GraphRefusal(200, f"(#200) This endpoint requires the '{scope}' permission.", status=403)


def too_many(code: int = 80001) -> GraphRefusal:
    """A rate limit is reached; when it ends stands in the usage header, if anywhere."""
    of_what = {4: "Application", 17: "User"}.get(code, "Page")
    return GraphRefusal(code, f"(#{code}) {of_what} request limit reached", status=403 if code == 4 else 400)  # noqa: PLR2004


def blocked() -> GraphRefusal:
    """The network thinks that this account misbehaves."""
    return GraphRefusal(368, "The action attempted has been deemed abusive or is otherwise disallowed", subcode=1390008)


def broken(status: int = 500) -> GraphRefusal:
    """The network's own trouble."""
    return GraphRefusal(
        2, "Service temporarily unavailable. Please retry your request later.", status=status, transient=True
    )
