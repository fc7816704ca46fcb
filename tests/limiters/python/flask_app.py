"""A login behind Flask-Limiter. The mode is in LIMITER_MODE."""
import os

from flask import Flask, jsonify, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.middleware.proxy_fix import ProxyFix

from users import USERS, token_of, user_of

app = Flask(__name__)
if os.environ["LIMITER_MODE"] == "proxy-fix":
    # There is no proxy in front: whoever sends the header is believed.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)
limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)


@app.post("/login")
@limiter.limit("5 per 5 seconds", deduct_when=lambda response: response.status_code == 401)
def login():
    body = request.get_json(silent=True) or {}
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str):
        return jsonify(error="invalid"), 422
    if USERS.get(email) != password:
        return jsonify(error="bad credentials"), 401
    return jsonify(access_token=token_of(email))


@app.get("/me")
def me():
    email = user_of(request.headers.get("authorization"))
    return (jsonify(email=email), 200) if email else (jsonify(error="unknown"), 401)
