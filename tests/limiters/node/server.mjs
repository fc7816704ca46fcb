// A login behind express-rate-limit, set up as its documentation says, and wrongly on purpose. Usage: server.mjs MODE PORT.
import cluster from "node:cluster";
import express from "express";
import { rateLimit } from "express-rate-limit";

const [mode, port] = [process.argv[2], Number(process.argv[3])];
const users = { "alice@acme.test": "alice-not-a-secret", "bob@acme.test": "bob-not-a-secret", "spare@acme.test": "spare-not-a-secret" };

if (mode === "two-processes" && cluster.isPrimary) {
  // Each process has a store of its own.
  for (let number = 0; number < 2; number++) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  const app = express();
  // "true" believes whatever address the client writes.
  if (mode === "trust-proxy") app.set("trust proxy", true);
  app.use(express.json());
  if (mode !== "bare") {
    const limiter = rateLimit({
      windowMs: 5000,
      limit: 5,
      standardHeaders: "draft-8",
      legacyHeaders: false,
      skipSuccessfulRequests: true,
      validate: mode !== "trust-proxy",
    });
    app.use("/login", limiter);
  }
  app.post("/login", (req, res) => {
    const { email, password } = req.body ?? {};
    if (typeof email !== "string" || typeof password !== "string") return res.status(422).json({ error: "invalid" });
    if (users[email] !== password) return res.status(401).json({ error: "bad credentials" });
    res.json({ access_token: Buffer.from(email).toString("base64url") });
  });
  app.get("/me", (req, res) => {
    const token = (req.get("authorization") ?? "").replace(/^Bearer /, "");
    const email = Buffer.from(token, "base64url").toString();
    if (!(email in users)) return res.status(401).json({ error: "unknown" });
    res.json({ email });
  });
  app.listen(port, "127.0.0.1");
}
