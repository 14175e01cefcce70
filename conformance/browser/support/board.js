// What cooks and customers do and see on the Django example's pages.

import { SELDOM, Tab } from "./chromium.js";

// Signs a sample account in without a page, which would cost as much as the tests' own.
export async function signIn({ request }, url, name) {
  const address = `${url}/login/`;
  const page = await (await request.get(address)).text();
  const forms = page.split("<form").filter((form) => form.includes(`<button>${name} `));
  const fields = Object.fromEntries(["csrfmiddlewaretoken", "username", "password"].map((field) =>
    [field, new RegExp(`name="${field}" value="([^"]+)"`).exec(forms[0])[1]]));
  const answer = await request.post(address, { form: fields });
  if (answer.url() === address) throw new Error(`${name} was not let in: ${answer.status()}`);
}

export class BoardTab extends Tab {
  // Waits until the customer's one order is in the column of that status.
  seesOrder(customer, status) {
    return this.order(customer, status).waitFor();
  }

  order(customer, status) {
    return this.page.locator(`section[data-status="${status}"] .order`).filter({ hasText: customer });
  }

  advance(customer, status) {
    return this.order(customer, status).locator(".move button").click();
  }

  // Presses the button at once, be it there still or just gone because another was faster.
  claim(customer, status) {
    return this.order(customer, status).locator(".claim").evaluate((button) => button.click());
  }

  cook(customer, status) {
    return this.order(customer, status).locator(".cook").textContent();
  }

  // Waits until the order is that cook's.
  seesCook(customer, status, cook) {
    return this.order(customer, status).locator(".cook").filter({ hasText: cook }).waitFor();
  }

  // Waits until these are the people who look at the board, and no others.
  watchedBy(...titles) {
    return this.page.waitForFunction((titles) => {
      const faces = document.querySelectorAll("#watchers .face");
      return Array.from(faces, (face) => face.title).sort().join() === titles;
    }, titles.sort().join(), SELDOM);
  }

  sees(notice) {
    return this.shows("#notice", notice);
  }

  // By the button of a sample account, on the page that signing out leads to.
  async signIn(name) {
    await this.page.getByRole("button", { name: new RegExp(`^${name} `) }).click();
    await this.connected();
  }

  async signOut() {
    await this.page.getByRole("button", { name: "Sign out" }).click();
    await this.signedOut();
  }

  // Waits until the app has sent the page away to sign in.
  signedOut() {
    return this.page.waitForURL(/\/login\//);
  }
}

// A customer's pages: the list, or one order.
export class CustomerTab extends BoardTab {
  // Orders by the menu, and gives the number of the order, whose page it is on then.
  async orderDishes(...dishes) {
    for (const dish of dishes) await this.page.getByText(dish).first().click();
    await this.page.getByRole("button", { name: "Order", exact: true }).click();
    await this.page.waitForURL(/\/orders\/\d+\//);
    await this.connected();
    return /\d+/.exec(new URL(this.page.url()).pathname)[0];
  }

  // Waits until an order of the page says so, and shows that step as the present one.
  async reads(headline, step, number = "#") {
    const order = this.page.locator(".order").filter({ hasText: number }).filter({ hasText: headline });
    await order.locator("[aria-current=step]").filter({ hasText: step }).waitFor();
  }
}
