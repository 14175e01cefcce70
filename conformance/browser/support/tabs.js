// What a person does and sees on the Rails example's pages.

import { Tab } from "./chromium.js";

export class ChatTab extends Tab {
  async enter(url, name, query = {}) {
    this.name = name;
    return this.open(url, { name, ...query });
  }

  async say(text) {
    await this.page.fill("#text", text);
    await this.page.press("#text", "Enter");
  }

  // Waits until the message is there once, stored.
  sees(author, text) {
    return this.message(author, text).and(this.page.locator("[data-id]:not([data-id=''])")).waitFor();
  }

  message(author, text) {
    return this.page.locator(`.message[data-author="${author}"]`).filter({ hasText: text });
  }

  // Waits until somebody is shown as being here. Others may be too: a tab that was closed between two
  // polls is missed only when it does not answer the next ping.
  seesPerson(name) {
    return this.person(name).waitFor();
  }

  person(name) {
    return this.page.getByRole("list", { name: "Who is here" }).getByTitle(name, { exact: true });
  }

  // When the app says it was started, once it has.
  async appStarted() {
    const age = this.page.locator("#app-age:not([data-booted-at=''])[data-booted-at]");
    await age.waitFor();
    return Date.parse(await age.getAttribute("data-booted-at"));
  }

  // Waits until the app says that it was started later than that.
  appStartedAfter(time) {
    return this.page.waitForFunction(
      (time) => Date.parse(document.querySelector("#app-age").dataset.bootedAt) > time,
      time,
    );
  }
}
