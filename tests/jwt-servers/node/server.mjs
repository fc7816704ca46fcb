// Notes behind jsonwebtoken and jose: one mode for each way to set them up. See ../README.md.

import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";

// Packages are installed outside of the repository: NODE_PATH counts for require alone.
const require = createRequire(import.meta.url);
const jose = require("jose");
const jsonwebtoken = require("jsonwebtoken");

const ISSUER = "http://issuer.test";
const AUDIENCE = "notes-api";
const KID = "main";
const MODES = {
  "sound-hs256": "HS256",
  "sound-rs256": "RS256",
  "sound-es256": "ES256",
  "sound-eddsa": "EdDSA", // jose, because jsonwebtoken has no EdDSA
  "jose-hs256": "HS256",
  "jose-rs256": "RS256",
  "not-verified": "HS256",
  "none-allowed": "RS256",
  "key-confusion": "RS256", // jsonwebtoken 4.1.0, CVE-2015-9235
  "exp-not-checked": "HS256",
  "aud-not-checked": "HS256",
  "iss-not-checked": "HS256",
  "jwk-header": "RS256", // jose, EmbeddedJWK
  "jku-header": "RS256", // jose, createRemoteJWKSet
  "kid-file": "HS256",
  "weak-secret": "HS256",
  "refresh-accepted": "HS256",
};
const USERS = {
  alice: { email: "alice@acme.test", password: "alice-password", tenant: "acme", role: "member" },
  bob: { email: "bob@globex.test", password: "bob-password", tenant: "globex", role: "member" },
};

const [mode, ...rest] = process.argv.slice(2);
const flag = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined);
if (!(mode in MODES)) {
  console.error(`usage: server.mjs MODE [--port N] [--key-out FILE]\nmodes: ${Object.keys(MODES).join(" ")}`);
  process.exit(2);
}
const algorithm = MODES[mode];
const keys = makeKeys();
if (flag("--key-out")) fs.writeFileSync(flag("--key-out"), keys.text, { mode: 0o600 });

function makeKeys() {
  if (algorithm === "HS256") {
    const secret = mode === "weak-secret" ? "shhhhh" : crypto.randomBytes(48).toString("base64url");
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "jwt-server-"));
    if (mode === "kid-file") fs.writeFileSync(path.join(directory, KID), secret);
    const key = crypto.createSecretKey(Buffer.from(secret));
    return { private: key, public: key, text: secret, directory };
  }
  const made = {
    RS256: () => crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ES256: () => crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
    EdDSA: () => crypto.generateKeyPairSync("ed25519"),
  }[algorithm]();
  const text = made.privateKey.export({ type: "pkcs8", format: "pem" });
  return { private: made.privateKey, public: made.publicKey, text };
}

async function sign(user, use, seconds) {
  const now = Math.floor(Date.now() / 1000);
  const { tenant, role } = USERS[user];
  const jti = crypto.randomBytes(8).toString("hex");
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: user, tenant, role, token_use: use, jti, iat: now, nbf: now, exp: now + seconds };
  return new jose.SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: "JWT", kid: KID }).sign(keys.private);
}

const required = { requiredClaims: ["exp", "iss", "aud", "sub"] };

// jsonwebtoken checks claims that are there, so that the server itself asks whether they are.
function withClaims(claims, names = ["exp", "iss", "aud", "sub"]) {
  if (names.some((name) => !(name in claims))) throw new Error("a claim is missing");
  return claims;
}

// jsonwebtoken does not read `crit` (RFC 7515 section 4.1.11), so that the server has to.
function withoutExtensions(header) {
  if ("crit" in header) throw new Error("critical extensions are not supported");
}

async function verify(token) {
  const strict = { algorithms: [algorithm], issuer: ISSUER, audience: AUDIENCE };
  switch (mode) {
    case "sound-eddsa":
    case "jose-hs256":
    case "jose-rs256":
      return (await jose.jwtVerify(token, keys.public, { ...strict, ...required })).payload;
    case "jwk-header": {
      const header = jose.decodeProtectedHeader(token);
      const key = "jwk" in header ? jose.EmbeddedJWK : keys.public;
      return (await jose.jwtVerify(token, key, { issuer: ISSUER, audience: AUDIENCE, ...required })).payload;
    }
    case "jku-header": {
      const header = jose.decodeProtectedHeader(token);
      const key = "jku" in header ? jose.createRemoteJWKSet(new URL(header.jku)) : keys.public;
      return (await jose.jwtVerify(token, key, { ...strict, ...required })).payload;
    }
    case "key-confusion": {
      const pem = keys.public.export({ type: "spki", format: "pem" });
      return require("jsonwebtoken-old").verify(token, pem, { issuer: ISSUER, audience: AUDIENCE });
    }
    case "not-verified":
      return jsonwebtoken.decode(token) ?? fail();
    default:
      return verifyWithJsonwebtoken(token, strict);
  }
}

function fail() {
  throw new Error("no token");
}

function verifyWithJsonwebtoken(token, strict) {
  const { header } = jsonwebtoken.decode(token, { complete: true }) ?? fail();
  withoutExtensions(header);
  if (mode === "none-allowed" && header.alg === "none") {
    return withClaims(jsonwebtoken.verify(token, null, { ...strict, algorithms: ["RS256", "none"] }));
  }
  if (mode === "exp-not-checked") strict = { ...strict, ignoreExpiration: true };
  if (mode === "aud-not-checked") strict = { ...strict, audience: undefined };
  if (mode === "iss-not-checked") strict = { ...strict, issuer: undefined };
  const key = mode === "kid-file" ? fs.readFileSync(path.join(keys.directory, header.kid)) : keys.public;
  const secret = mode === "kid-file" ? crypto.createSecretKey(key) : key;
  return withClaims(jsonwebtoken.verify(token, secret, strict));
}

const notes = new Map();

function answerNotes(method, url, user, body) {
  const tenant = USERS[user].tenant;
  const shown = ({ id, title }) => ({ id, title });
  const title = typeof body?.title === "string" && body.title !== "" ? body.title : undefined;
  if (url === "/notes") {
    if (method === "GET") return [200, [...notes.values()].filter((note) => note.tenant === tenant).map(shown)];
    if (title === undefined) return [400, { error: "title is missing" }];
    const note = { id: crypto.randomBytes(8).toString("hex"), title, tenant };
    notes.set(note.id, note);
    return [201, shown(note)];
  }
  const note = notes.get(url.slice("/notes/".length));
  if (note?.tenant !== tenant) return [404, { error: "no such note" }];
  if (method === "DELETE") {
    notes.delete(note.id);
    return [204];
  }
  if (method === "PATCH") {
    if (title === undefined) return [400, { error: "title is missing" }];
    note.title = title;
  }
  return [200, shown(note)];
}

async function caller(request) {
  const [scheme, token] = (request.headers.authorization ?? "").split(/ (.*)/s);
  if (scheme.toLowerCase() !== "bearer" || !token) return undefined;
  try {
    const claims = await verify(token.trim());
    if (claims.token_use !== "access" && mode !== "refresh-accepted") return undefined;
    return Object.hasOwn(USERS, claims.sub) ? claims.sub : undefined;
  } catch {
    return undefined;
  }
}

async function answer(request, body) {
  const url = request.url.split("?")[0];
  const method = request.method;
  if (url === "/openapi.json") return [200, JSON.parse(fs.readFileSync(new URL("../openapi.json", import.meta.url)))];
  if (url === "/.well-known/jwks.json") {
    if (algorithm === "HS256") return [200, { keys: [] }];
    return [200, { keys: [{ ...(await jose.exportJWK(keys.public)), kid: KID, use: "sig", alg: algorithm }] }];
  }
  if (url === "/auth/login" && method === "POST") {
    const found = Object.entries(USERS).find(([, user]) => user.email === body?.email && user.password === body?.password);
    if (!found) return [401, { error: "wrong e-mail or password" }];
    const access_token = await sign(found[0], "access", 900);
    return [200, { access_token, refresh_token: await sign(found[0], "refresh", 7 * 86400) }];
  }
  const user = await caller(request);
  if (user === undefined) return [401, { error: "no good token" }];
  if (url === "/me" && method === "GET") {
    const { email, tenant, role } = USERS[user];
    return [200, { email, tenant, role }];
  }
  const isNotes = (url === "/notes" && ["GET", "POST"].includes(method)) || (url.startsWith("/notes/") && ["GET", "PATCH", "DELETE"].includes(method));
  return isNotes ? answerNotes(method, url, user, body) : [404, { error: "no such operation" }];
}

const server = http.createServer((request, response) => {
  let text = "";
  request.on("data", (part) => {
    text += part;
    if (text.length > 65536) request.destroy();
  });
  request.on("end", async () => {
    let status, value;
    try {
      [status, value] = await answer(request, text === "" ? undefined : JSON.parse(text));
    } catch {
      [status, value] = [400, { error: "no JSON" }];
    }
    const body = value === undefined ? "" : JSON.stringify(value);
    const headers = { "Content-Length": Buffer.byteLength(body) };
    if (value !== undefined) headers["Content-Type"] = "application/json";
    if (status === 401) headers["WWW-Authenticate"] = "Bearer";
    response.writeHead(status, headers).end(body);
  });
});
server.listen(Number(flag("--port") ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
