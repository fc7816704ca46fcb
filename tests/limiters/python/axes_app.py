"""A login behind django-axes. The mode is in LIMITER_MODE, the folder of the database in LIMITER_HOME."""
import json
import os
from datetime import timedelta

import django
from django.conf import settings

MODE = os.environ["LIMITER_MODE"]
ADDRESS = MODE in ("address-header", "silent-address-header")
# Without the middleware, which django-axes asks for where refusals shall say what they are, a locked login fails like any other.
SILENT = MODE.startswith("silent")

settings.configure(
    SECRET_KEY="not-a-secret",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(os.environ["LIMITER_HOME"], "axes.sqlite3")}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "axes"],
    AUTHENTICATION_BACKENDS=["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"] + ([] if SILENT else ["axes.middleware.AxesMiddleware"]),
    AXES_FAILURE_LIMIT=5,
    AXES_COOLOFF_TIME=timedelta(seconds=5),
    AXES_RESET_ON_SUCCESS=True,
    AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT=False,
    AXES_LOCKOUT_PARAMETERS=[["username", "ip_address"]] if ADDRESS else ["username"],
    # The header before the address of the connection: there is no proxy in front.
    AXES_CLIENT_IP_CALLABLE=(lambda request: request.META.get("HTTP_X_FORWARDED_FOR") or request.META["REMOTE_ADDR"])
    if ADDRESS
    else None,
)
django.setup()

from django.contrib.auth import authenticate, get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

from users import USERS, token_of, user_of  # noqa: E402


def login(request):
    try:
        body = json.loads(request.body)
        email, password = body["email"], body["password"]
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "invalid"}, status=422)
    if not isinstance(email, str) or not isinstance(password, str):
        return JsonResponse({"error": "invalid"}, status=422)
    user = authenticate(request, username=email, password=password)
    if user is None:
        return JsonResponse({"error": "bad credentials"}, status=401)
    return JsonResponse({"access_token": token_of(user.username)})


def me(request):
    email = user_of(request.headers.get("authorization"))
    return JsonResponse({"email": email}) if email else JsonResponse({"error": "unknown"}, status=401)


urlpatterns = [path("login", login), path("me", me)]
app = get_wsgi_application()
call_command("migrate", verbosity=0)
for name, secret in USERS.items():
    if not get_user_model().objects.filter(username=name).exists():
        get_user_model().objects.create_user(name, password=secret)
