// 责任单位客户端示例（Node.js）：接收任务、签收、上传处置后照片、反馈。
// A responsible unit's client in Node.js, to start your own from; docs/units.md tells the rules behind every line.
//
//   AMQP_URL=amqps://u07:口令@centre.example/city UNIT=u07 CENTRE=https://centre.example node unit.mjs
//
// It keeps its books in the folder BOOKS (./books): <task>.json for each task, and `seen` with the messages that it
// has handled. When the work is done, put the photo beside as <task>.jpg: it is uploaded and fed back.

import amqp from 'amqplib';
import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const { AMQP_URL, UNIT, CENTRE, BOOKS = 'books' } = process.env;
if (!AMQP_URL || !UNIT || !CENTRE) throw new Error('请设置 AMQP_URL、UNIT、CENTRE / set AMQP_URL, UNIT and CENTRE');

// ---- 账本 / the books ---------------------------------------------------------------------------------------
// Your own database in the real thing. What is written here survives a crash; all else may be lost at any moment.

mkdirSync(BOOKS, { recursive: true });
const SEEN = join(BOOKS, 'seen');
const seen = new Set(existsSync(SEEN) ? readFileSync(SEEN, 'utf8').split('\n') : []);

// A task is known by these three together. A rework comes with the next round, and is a task of its own.
const nameOf = ({ case_number, round, dispatch_number }) => `${case_number}-${round}-${dispatch_number}`;
const placeOf = (name, kind = 'json') => join(BOOKS, `${name}.${kind}`);
const lookUp = (name) => (existsSync(placeOf(name)) ? JSON.parse(readFileSync(placeOf(name), 'utf8')) : null);

function note(entry) {
  const place = placeOf(nameOf(entry.task));
  // Whole or not at all: first beside, then in its place.
  writeFileSync(`${place}.new`, JSON.stringify(entry, null, 1));
  renameSync(`${place}.new`, place);
  return entry;
}

// ---- 收 / receiving -----------------------------------------------------------------------------------------

async function take(channel, delivery) {
  const { messageId, headers } = delivery.properties;
  let envelope;
  try {
    envelope = JSON.parse(delivery.content.toString('utf8'));
  } catch {
    return channel.reject(delivery, false); // can never be read: the centre parks it and looks at it
  }
  try {
    // The same message may come twice: what was handled once is only acknowledged.
    if (!seen.has(messageId)) {
      await (reactions[envelope.type] ?? passOver)(envelope.data, envelope.type);
      appendFileSync(SEEN, `${messageId}\n`);
      seen.add(messageId);
    }
    channel.ack(delivery); // only now: until here, a crash brings the message again
  } catch (error) {
    console.error(`未处理，稍后重新送达 / not handled, comes again: ${error.message}`);
    await pause(Math.min(1000 * 2 ** (headers?.['x-delivery-count'] ?? 0), 60_000));
    channel.nack(delivery); // after 20 times the centre parks it
  }
}

const reactions = {
  async task(task) {
    const name = nameOf(task);
    // Stored first; with the id under which it will be signed, however often that takes.
    const entry = lookUp(name) ?? note({ task, state: 'open', sign_id: randomUUID() });
    console.log(`任务 ${name} ${task.address} ${task.description} 截止 ${task.due_at} ${task.rework_reason}`);
    if (task.round === 1) await say('sign', entry.sign_id, about(task)); // a rework needs no signature
  },
  async task_withdrawn(withdrawn) {
    console.log(`撤回 ${nameOf(withdrawn)} ${withdrawn.reason}`);
    const entry = lookUp(nameOf(withdrawn));
    if (entry) note({ ...entry, state: 'withdrawn' });
  },
  async request_accepted({ request, case_number }) {
    console.log(`已接收 ${request} ${case_number}`);
  },
  async request_refused({ request_id, request, case_number, field, reason }) {
    console.error(`未接收 ${request} ${case_number} ${field} ${reason}`);
    const names = readdirSync(BOOKS).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5));
    const entry = names.map(lookUp).find(({ feedback_id }) => feedback_id === request_id);
    if (entry) setAside(entry); // to be mended, and then sent under a new id
  },
};

async function passOver(data, type) {
  // Messages only ever grow: a type that you do not know yet is no mistake.
  console.log(`${type} ${JSON.stringify(data)}`);
}

// ---- 发 / sending -------------------------------------------------------------------------------------------

let publishing = null; // the channel in confirm mode, while there is a connection

const about = ({ case_number, round, dispatch_number }) => ({ case_number, round, dispatch_number });

// Comes back when the broker has confirmed. Until then say it again, under the SAME id: then it takes effect once.
async function say(type, id, data) {
  if (!publishing) throw new Error('没有连接 / not connected');
  const time = new Date();
  const source = `units/${UNIT}`;
  const envelope = { specversion: '1.0', id, source, type, time, data: { ...data, responsible_unit: UNIT } };
  const key = [UNIT, type, data.case_number].filter(Boolean).join('.');
  await confirmed(publishing, key, Buffer.from(JSON.stringify(envelope)), {
    userId: UNIT, // required: the broker checks it against the login, and the centre believes nothing else
    contentType: 'application/cloudevents+json', // required
    persistent: true,
    mandatory: true,
    messageId: id,
    type,
    appId: source,
    timestamp: Math.floor(time / 1000),
    correlationId: data.case_number,
  });
}

function confirmed(channel, key, body, properties) {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('连接中断 / the connection was lost before the confirm'));
    const onReturn = (message) => {
      // What no queue takes comes back before its confirm.
      if (message.properties.messageId === properties.messageId) reject(new Error('无处可投 / no queue takes it'));
    };
    channel.on('return', onReturn).on('close', onClose);
    channel.publish('units.feedback', key, body, properties, (error) => {
      channel.off('return', onReturn).off('close', onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}

// ---- 反馈 / feeding back ------------------------------------------------------------------------------------

async function feedBackWhatIsDone() {
  for (const file of readdirSync(BOOKS).filter((one) => one.endsWith('.jpg'))) {
    const entry = lookUp(file.slice(0, -4));
    if (entry?.state === 'open') await feedBack(entry).catch((error) => console.error(error.message));
  }
}

async function feedBack(entry) {
  const name = nameOf(entry.task);
  const { receipt, refused } = await upload(entry.task, readFileSync(placeOf(name, 'jpg')));
  if (refused) {
    console.error(`照片被拒收 ${name} ${refused}`);
    return setAside(entry);
  }
  // The id is in the books before the message leaves: after a crash it is said again under the same id.
  const { feedback_id } = note({ ...entry, feedback_id: entry.feedback_id ?? randomUUID() });
  await say('feedback', feedback_id, { ...about(entry.task), text: '已按要求处置完毕', receipts: [receipt] });
  // The centre may have refused it before the confirm was read: then the books say so already.
  const written = lookUp(name);
  if (written.feedback_id === feedback_id) note({ ...written, state: 'fed back' });
  console.log(`已反馈 ${name}`);
}

function setAside({ feedback_id, ...entry }) {
  // The task is open again, and waits for another photo.
  const photo = placeOf(nameOf(entry.task), 'jpg');
  if (existsSync(photo)) renameSync(photo, `${photo}.refused`);
  note({ ...entry, state: entry.state === 'withdrawn' ? 'withdrawn' : 'open' });
}

// No picture travels over AMQP: it is put to the centre's door first, and the feedback names the receipt.
async function upload(task, photo) {
  const sha256 = createHash('sha256').update(photo).digest('hex');
  const answer = await fetch(`${CENTRE}${task.upload_url}/${sha256}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${task.upload_token}`, 'Content-Type': 'image/jpeg' },
    body: photo,
    signal: AbortSignal.timeout(60_000),
  });
  const document = await answer.json().catch(() => ({}));
  if (answer.ok) return document;
  const words = [answer.status, document.title, document.detail].filter(Boolean).join(' ');
  // 4xx will not change by itself. All else is a passing trouble, and storing a photo twice is harmless.
  if (answer.status < 500 && answer.status !== 429) return { refused: words };
  throw new Error(`上传未成，稍后再试 / upload failed, will be tried again: ${words}`);
}

// ---- 连接 / the connection ----------------------------------------------------------------------------------

async function oneConnection() {
  const address = new URL(AMQP_URL);
  address.searchParams.set('heartbeat', '30');
  const connection = await amqp.connect(address.href, { timeout: 10_000 });
  const leave = async () => connection.close().catch(() => {});
  const lost = new Promise((resolve) => {
    connection.on('close', resolve).on('error', (error) => console.error(error.message));
  });
  try {
    const confirming = await connection.createConfirmChannel();
    const consuming = await connection.createChannel();
    for (const channel of [confirming, consuming]) {
      // A channel that the broker closes (a right is missing, say) ends the connection, and all begins anew.
      channel.on('close', () => leave().catch(() => {})).on('error', (error) => console.error(error.message));
    }
    publishing = confirming;
    // No books yet, or lost ones: ask for everything that is open. It comes again under the old message ids.
    if (!existsSync(SEEN)) await say('resync', randomUUID(), {});
    appendFileSync(SEEN, '');
    await consuming.prefetch(10);
    // Both queues exist already. Declare nothing: the account may not.
    for (const queue of [`unit.${UNIT}.urgent`, `unit.${UNIT}.tasks`]) {
      await consuming.consume(queue, (delivery) => {
        if (!delivery) return leave().catch(() => {}); // the broker has ended the consumer
        // On a channel that is gone meanwhile nothing can be settled: the message comes again on the next.
        return take(consuming, delivery).catch((error) => console.error(error.message));
      });
    }
    console.log('已连接 / connected');
    await lost;
  } finally {
    publishing = null;
    await leave().catch(() => {});
  }
}

async function stayConnected() {
  for (let tries = 0; ; tries += 1) {
    const begun = Date.now();
    await oneConnection().catch((error) => console.error(`连接失败 / no connection: ${error.message}`));
    if (Date.now() - begun > 60_000) tries = 0;
    // Growing and by chance, so that 29 units do not all come at once when the broker is back.
    await pause(Math.min(500 * 2 ** tries, 30_000) * (0.5 + Math.random()));
  }
}

async function watchTheBooks() {
  for (;;) {
    if (publishing) await feedBackWhatIsDone();
    await pause(1000);
  }
}

await Promise.all([stayConnected(), watchTheBooks()]);
