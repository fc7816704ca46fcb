"""Notes behind PyJWT: one mode for each way to set it up. See ../README.md."""

import argparse
import collections
import collections.abc
import json
import os
import secrets
import sqlite3
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# PyJWT 1.5 looks for these where Python had them before 3.10.
collections.Mapping, collections.Iterable = collections.abc.Mapping, collections.abc.Iterable

import jwt
from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ISSUER = "http://issuer.test"
AUDIENCE = "notes-api"
SOUND = {"sound-hs256": "HS256", "sound-rs256": "RS256", "sound-es256": "ES256", "sound-eddsa": "EdDSA"}
HOLES = {
    "not-verified": "HS256",
    "none-allowed": "RS256",
    "exp-not-checked": "HS256",
    "aud-not-checked": "HS256",
    "iss-not-checked": "HS256",
    "jwk-header": "RS256",
    "jku-header": "RS256",
    "kid-file": "HS256",
    "kid-sql": "HS256",
    "weak-secret": "HS256",
    "refresh-accepted": "HS256",
    "old-pkcs1": "RS256",
}
USERS = {
    "alice": {"email": "alice@acme.test", "password": "alice-password", "tenant": "acme", "role": "member"},
    "bob": {"email": "bob@globex.test", "password": "bob-password", "tenant": "globex", "role": "member"},
}


class Keys:
    """A signing key and what verifies it."""

    def __init__(self, mode, algorithm):
        self.mode, self.algorithm, self.kid = mode, algorithm, "main"
        if algorithm == "HS256":
            secret = "super-secret" if mode == "weak-secret" else secrets.token_urlsafe(48)
            self.signing = self.verifying = self.text = secret
        else:
            key = {
                "RS256": lambda: rsa.generate_private_key(65537, 2048, default_backend()),
                "ES256": lambda: ec.generate_private_key(ec.SECP256R1(), default_backend()),
                "EdDSA": ed25519.Ed25519PrivateKey.generate,
            }[algorithm]()
            self.signing = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            if mode == "old-pkcs1":
                form = serialization.PublicFormat.PKCS1
            self.verifying = key.public_key().public_bytes(serialization.Encoding.PEM, form)
            self.text = self.signing.decode()
        if mode == "kid-file":
            self.directory = Path(tempfile.mkdtemp())
            (self.directory / self.kid).write_text(self.verifying)
        if mode == "kid-sql":
            self.database = sqlite3.connect(":memory:", check_same_thread=False)
            self.database.execute("create table keys (kid text, secret text)")
            self.database.execute("insert into keys values (?, ?)", (self.kid, self.verifying))

    def sign(self, user, use, seconds):
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user,
            "tenant": USERS[user]["tenant"],
            "role": USERS[user]["role"],
            "token_use": use,
            "jti": secrets.token_hex(8),
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
        }
        token = jwt.encode(claims, self.signing, algorithm=self.algorithm, headers={"kid": self.kid})
        return token.decode() if isinstance(token, bytes) else token

    def claims(self, token):
        """The claims of a token that this mode takes for good, or an exception."""
        key, algorithms, options = self.verifying, [self.algorithm], {"require": ["exp", "iss", "aud", "sub"]}
        audience, issuer = AUDIENCE, ISSUER
        header = jwt.get_unverified_header(token)
        if self.mode == "old-pkcs1":
            return jwt.decode(token, key, audience=audience, issuer=issuer)
        if self.mode == "not-verified" or (self.mode == "none-allowed" and header["alg"].lower() == "none"):
            return jwt.decode(token, options={"verify_signature": False})
        if self.mode == "exp-not-checked":
            options["verify_exp"] = False
        if self.mode == "aud-not-checked":
            options["verify_aud"] = False
            audience = None
        if self.mode == "iss-not-checked":
            issuer = None
        if self.mode == "jwk-header" and "jwk" in header:
            found = jwt.PyJWK(header["jwk"])
            key, algorithms = found.key, [header["alg"]]
        if self.mode == "jku-header" and "jku" in header:
            key = jwt.PyJWKClient(header["jku"]).get_signing_key(header["kid"]).key
        if self.mode == "kid-file":
            key = (self.directory / header["kid"]).read_text()
        if self.mode == "kid-sql":
            query = f"select secret from keys where kid = '{header['kid']}'"
            key = self.database.execute(query).fetchone()[0]
        return jwt.decode(token, key, algorithms=algorithms, audience=audience, issuer=issuer, options=options)

    def jwks(self):
        if self.algorithm == "HS256" or self.mode == "old-pkcs1":
            return {"keys": []}
        kinds = {"RS256": jwt.algorithms.RSAAlgorithm, "ES256": jwt.algorithms.ECAlgorithm, "EdDSA": jwt.algorithms.OKPAlgorithm}
        kind = kinds[self.algorithm]
        loaded = serialization.load_pem_public_key(self.verifying)
        return {"keys": [{**json.loads(kind.to_jwk(loaded)), "kid": self.kid, "use": "sig", "alg": self.algorithm}]}


class Notes:
    def __init__(self):
        self.lock, self.notes = threading.Lock(), {}

    def answer(self, method, path, user, body):
        tenant = USERS[user]["tenant"]
        shown = lambda note: {"id": note["id"], "title": note["title"]}
        with self.lock:
            if path == "/notes":
                if method == "GET":
                    return 200, [shown(note) for note in self.notes.values() if note["tenant"] == tenant]
                title = body.get("title") if isinstance(body, dict) else None
                if not isinstance(title, str) or not title:
                    return 400, {"error": "title is missing"}
                note = {"id": secrets.token_hex(8), "title": title, "tenant": tenant}
                self.notes[note["id"]] = note
                return 201, shown(note)
            note = self.notes.get(path[len("/notes/") :])
            if note is None or note["tenant"] != tenant:
                return 404, {"error": "no such note"}
            if method == "PATCH":
                if not isinstance(body, dict) or not isinstance(body.get("title"), str):
                    return 400, {"error": "title is missing"}
                note["title"] = body["title"]
            if method == "DELETE":
                del self.notes[note["id"]]
                return 204, None
            return 200, shown(note)


def handler(keys, notes):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def reply(self, status, value):
            body = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            if value is not None:
                self.send_header("Content-Type", "application/json")
            if status == 401:
                self.send_header("WWW-Authenticate", "Bearer")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def user(self):
            scheme, _, token = self.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                return None
            try:
                claims = keys.claims(token.strip())
            except Exception:
                return None
            if claims.get("token_use") != "access" and keys.mode != "refresh-accepted":
                return None
            user = claims.get("sub")
            return user if user in USERS else None

        def serve(self):
            length = min(int(self.headers.get("Content-Length") or 0), 65536)
            try:
                body = json.loads(self.rfile.read(length) or b"null")
            except ValueError:
                return self.reply(400, {"error": "no JSON"})
            path = self.path.split("?")[0]
            if path == "/openapi.json":
                return self.reply(200, json.loads((Path(__file__).parent.parent / "openapi.json").read_text()))
            if path == "/.well-known/jwks.json":
                return self.reply(200, keys.jwks())
            if path == "/auth/login" and self.command == "POST":
                return self.login(body)
            user = self.user()
            if user is None:
                return self.reply(401, {"error": "no good token"})
            if path == "/me" and self.command == "GET":
                return self.reply(200, {name: USERS[user][name] for name in ("email", "tenant", "role")})
            if path == "/notes" and self.command in ("GET", "POST"):
                return self.reply(*notes.answer(self.command, path, user, body))
            if path.startswith("/notes/") and self.command in ("GET", "PATCH", "DELETE"):
                return self.reply(*notes.answer(self.command, path, user, body))
            return self.reply(404, {"error": "no such operation"})

        def login(self, body):
            body = body if isinstance(body, dict) else {}
            for name, user in USERS.items():
                if (body.get("email"), body.get("password")) == (user["email"], user["password"]):
                    access, refresh = keys.sign(name, "access", 900), keys.sign(name, "refresh", 7 * 86400)
                    return self.reply(200, {"access_token": access, "refresh_token": refresh})
            return self.reply(401, {"error": "wrong e-mail or password"})

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = serve

    return Handler


def main():
    modes = {**SOUND, **HOLES}
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("mode", choices=modes)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--key-out", help="where to write the signing key, for rows that need it")
    arguments = arguments.parse_args()
    keys = Keys(arguments.mode, modes[arguments.mode])
    if arguments.key_out:
        with open(os.open(arguments.key_out, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(keys.text)
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), handler(keys, Notes()))
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
