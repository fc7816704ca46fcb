// Gives a fresh Directus its collections, roles and users, and opens one hole if asked to.
// Reads: URL, ADMIN_EMAIL, ADMIN_PASSWORD, HOLE, USERS (JSON: name -> password). Safe to run again: what is there stays.
// Prints the id of the role Member as a line for launchgate.env. Directus describes to each caller what that caller may do;
// the first user's description is written to OPENAPI.

import { writeFile } from 'node:fs/promises';

const { URL: url, ADMIN_EMAIL, ADMIN_PASSWORD, HOLE = '', USERS, OPENAPI } = process.env;
const PUBLIC = 'abf8a154-5b1c-4a46-ac9c-7300570f4f17'; // Directus' own policy for callers without an account

async function call(method, path, body) {
  const headers = { 'content-type': 'application/json' };
  if (call.token) headers.authorization = `Bearer ${call.token}`;
  const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(30_000) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text.slice(0, 300)}`);
  return text ? JSON.parse(text).data : undefined;
}

// The item of a system collection that has this field value, made if it is not there.
async function ensure(path, field, value, body) {
  const found = await call('GET', `${path}?filter[${field}][_eq]=${encodeURIComponent(value)}&limit=1`);
  return found[0] ?? call('POST', path, { [field]: value, ...body });
}

const id = { field: 'id', type: 'uuid', meta: { special: ['uuid'], hidden: true, readonly: true }, schema: { is_primary_key: true } };
const owner = { field: 'user_created', type: 'uuid', meta: { special: ['user-created'], readonly: true }, schema: {} };
const text = (field) => ({ field, type: 'string', meta: {}, schema: {} });

async function collection(name, ...fields) {
  const all = await call('GET', '/collections');
  if (all.some((each) => each.collection === name)) return;
  await call('POST', '/collections', { collection: name, meta: {}, schema: {}, fields: [id, owner, ...fields] });
}

async function grant(policy, name, action, permissions, fields = ['*']) {
  const there = await call('GET', `/permissions?filter[policy][_eq]=${policy}&filter[collection][_eq]=${name}&filter[action][_eq]=${action}`);
  if (there.length === 0) await call('POST', '/permissions', { policy, collection: name, action, permissions, fields });
}

// A role and the one policy that it carries.
async function role(name) {
  const policy = await ensure('/policies', 'name', name, { admin_access: false, app_access: false });
  const made = await ensure('/roles', 'name', name, { policies: { create: [{ policy: policy.id }] } });
  return { role: made.id, policy: policy.id };
}

async function login(email, password) {
  call.token = undefined;
  call.token = (await call('POST', '/auth/login', { email, password })).access_token;
}

await login(ADMIN_EMAIL, ADMIN_PASSWORD);

await collection('projects', text('title'), text('budget'));
await collection('notes', text('title'), { field: 'project', type: 'uuid', meta: {}, schema: {} });
const relations = await call('GET', '/relations/notes');
if (!relations.some((each) => each.field === 'project')) {
  await call('POST', '/relations', { collection: 'notes', field: 'project', related_collection: 'projects', schema: { on_delete: 'CASCADE' } });
}

const own = { user_created: { _eq: '$CURRENT_USER' } };
const self = { id: { _eq: '$CURRENT_USER' } };
const member = await role('Member');
const auditor = await role('Auditor');
for (const [name, fields] of [['projects', ['title', 'budget']], ['notes', ['title', 'project']]]) {
  await grant(member.policy, name, 'create', null, fields);
  await grant(member.policy, name, 'read', HOLE === 'unfiltered-read' ? null : own);
  await grant(member.policy, name, 'update', HOLE === 'unfiltered-update' ? null : own, fields);
  await grant(member.policy, name, 'delete', own);
  await grant(auditor.policy, name, 'read', null);
  if (HOLE === 'public-read') await grant(PUBLIC, name, 'read', null);
}
for (const { policy } of [member, auditor]) {
  await grant(policy, 'directus_users', 'read', self, ['id', 'email', 'first_name', 'role']);
  await grant(policy, 'directus_users', 'update', self, HOLE === 'own-role' ? ['*'] : ['first_name']);
}

const users = Object.entries(JSON.parse(USERS));
for (const [name, password] of users) {
  const of = name === 'auditor' ? auditor.role : member.role;
  await ensure('/users', 'email', `${name}@example.com`, { password, role: of, status: 'active', first_name: name });
}

await login(`${users[0][0]}@example.com`, users[0][1]);
const headers = { authorization: `Bearer ${call.token}` };
const document = await fetch(`${url}/server/specs/oas`, { headers, signal: AbortSignal.timeout(30_000) });
if (!document.ok) throw new Error(`the OpenAPI document was answered with ${document.status}`);
await writeFile(OPENAPI, await document.text());
console.log(`LAUNCHGATE_DIRECTUS_MEMBER_ROLE=${member.role}`);
