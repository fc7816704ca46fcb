"""The users of all Python servers, and their tokens."""
import base64

USERS = {
    "alice@acme.test": "alice-not-a-secret",
    "bob@acme.test": "bob-not-a-secret",
    "spare@acme.test": "spare-not-a-secret",
}


def token_of(email):
    return base64.urlsafe_b64encode(email.encode()).decode()


def user_of(authorization):
    try:
        email = base64.urlsafe_b64decode((authorization or "").removeprefix("Bearer ")).decode()
    except ValueError:
        return None
    return email if email in USERS else None
