"use strict";
// Who is logged in: the short-lived token stays in memory, the refresh token in this tab's storage.

const session = (() => {
  const KEPT = "qianliyan.refresh";
  let token = "";
  let until = 0;
  let renewing = null;

  class Away extends Error {}
  class Refused extends Error {
    constructor(status, problem) {
      super(problem.title || String(status));
      this.status = status;
    }
  }

  async function ask(path, options) {
    let answer;
    try {
      answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(20000), ...options });
    } catch {
      throw new Away("offline");
    }
    if (answer.status >= 500) throw new Away(String(answer.status));
    if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
    return answer;
  }

  async function enter(path, body) {
    const answer = await ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const entered = await answer.json();
    token = entered.token;
    // By our own clock, which may differ from the server's; a minute early is early enough.
    until = Date.now() + 4 * 60 * 1000;
    sessionStorage.setItem(KEPT, entered.refresh_token);
    return entered.person;
  }

  function forget() {
    token = "";
    until = 0;
    sessionStorage.removeItem(KEPT);
  }

  function renew() {
    // One renewal at a time: a refresh token is good for one use.
    renewing ??= enter("/api/console/refresh", { refresh_token: sessionStorage.getItem(KEPT) }).finally(() => {
      renewing = null;
    });
    return renewing;
  }

  return {
    Away,
    Refused,
    isKept: () => sessionStorage.getItem(KEPT) !== null,
    logIn: (login, password) => enter("/api/console/login", { login, password }),
    renew,
    forget,
    logOut() {
      const kept = sessionStorage.getItem(KEPT);
      forget();
      const headers = { "Content-Type": "application/json" };
      return fetch("/api/console/logout", {
        method: "POST", headers, keepalive: true, body: JSON.stringify({ refresh_token: kept }),
      }).catch(() => undefined);
    },
    async get(path) {
      if (Date.now() > until) await renew();
      try {
        return await ask(path, { headers: { Authorization: `Bearer ${token}` } });
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 401) throw error;
        await renew();
        return ask(path, { headers: { Authorization: `Bearer ${token}` } });
      }
    },
  };
})();
