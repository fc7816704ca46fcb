"""A login behind slowapi. The mode is in LIMITER_MODE."""
import os

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.util import get_ipaddr, get_remote_address

from users import USERS, token_of, user_of

# get_ipaddr believes X-Forwarded-For, whoever sends it.
key = get_ipaddr if os.environ["LIMITER_MODE"] == "get-ipaddr" else get_remote_address
limiter = Limiter(key_func=key, headers_enabled=True)
app = FastAPI()
app.state.limiter = limiter
app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)


@app.post("/login")
@limiter.limit("8/5seconds")
async def login(request: Request, response: Response):
    try:
        body = await request.json()
    except ValueError:
        body = None
    email, password = (body.get("email"), body.get("password")) if isinstance(body, dict) else (None, None)
    if not isinstance(email, str) or not isinstance(password, str):
        return JSONResponse({"error": "invalid"}, 422)
    if USERS.get(email) != password:
        return JSONResponse({"error": "bad credentials"}, 401)
    return JSONResponse({"access_token": token_of(email)})


@app.get("/me")
async def me(request: Request):
    email = user_of(request.headers.get("authorization"))
    return JSONResponse({"email": email}) if email else JSONResponse({"error": "unknown"}, 401)
