// What cooks and customers do and see on the Django example's pages.

import { Tab, quietPage } from "./chromium.js";

// The sample accounts sign in by a button of theirs.
export async function signIn(context, url, name) {
  const page = await quietPage(context);
  await page.goto(`${url}/login/`);
  await page.getByRole("button", { name: new RegExp(`^${name} `) }).click();
  await page.getByText(name, { exact: true }).first().waitFor();
  await page.close();
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
    }, titles.sort().join());
  }

  sees(notice) {
    return this.shows("#notice", notice);
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
