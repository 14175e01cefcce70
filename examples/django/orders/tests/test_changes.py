"""Who is told what when an order changes, whoever changes it, and who is not."""

from io import StringIO

from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from orders.models import BOARD, KITCHEN, Order
from realtime_sidecar.django import room

from . import OrdersTestCase

SOCKET = "AbCdEfGhIjKlMnOpQrSt"  # of the page that sends a form


class Moves(OrdersTestCase):
    """The form that moves an order."""

    def move(self, user, status, **headers):
        """Sends it."""
        client = Client()
        client.force_login(user)
        with self.captureOnCommitCallbacks(execute=True):
            return client.post(reverse("move", args=[1001]), {"status": status}, **headers)

    def test_the_kitchen_and_the_customer_are_told_different_things(self):
        self.assertRedirects(
            self.move(self.grace, "cooking"), "/orders/1001/", fetch_redirect_response=False
        )
        (kitchen,) = self.assertEmitted("order.updated", to=BOARD, namespace=KITCHEN, count=1)
        self.assertEqual(kitchen.args[0]["customer"], "Ada Lovelace")
        rooms = [f"orders.order:{self.order.pk}", room(self.ada, "orders")]
        (customer,) = self.assertEmitted("order.updated", to=rooms, count=1)
        self.assertEqual(customer.args[0]["headline"], "The kitchen is cooking.")
        self.assertNotIn("total", customer.args[0])

    def test_a_script_gets_the_order_and_its_page_no_notice(self):
        headers = {"HTTP_ACCEPT": "application/json", "HTTP_X_REALTIME_SOCKET": SOCKET}
        answer = self.move(self.grace, "cooking", **headers)
        self.assertEqual(answer.json()["status"], "cooking")
        text = "Grace moved #1001 to cooking"
        (notice,) = self.assertEmitted("notice", text, to=BOARD, namespace=KITCHEN)
        self.assertEqual(notice.params["except"], [SOCKET])

    def test_a_step_cannot_be_left_out_or_made_twice(self):
        answer = self.move(self.grace, "ready", HTTP_ACCEPT="application/json")
        self.assertEqual((answer.status_code, answer.json()["status"]), (409, "new"))
        self.assertNotEmitted()

    def test_customers_may_not(self):
        self.assertEqual(self.move(self.ada, "cooking").status_code, 403)
        self.assertNotEmitted()


class OtherWays(OrdersTestCase):
    """Commands, the admin, what fails."""

    def test_what_is_rolled_back_is_told_to_nobody(self):
        with self.captureOnCommitCallbacks(execute=True), self.assertRaises(CommandError):
            call_command("neworder", "Nobody", "--fail")
        self.assertNotEmitted()
        self.assertFalse(Order.objects.filter(customer="Nobody").exists())

    def test_a_command_tells_the_board_of_a_new_order(self):
        with self.captureOnCommitCallbacks(execute=True):
            call_command("neworder", "Barbara Liskov", stdout=StringIO())
        (told,) = self.assertEmitted("order.created", to=BOARD, namespace=KITCHEN)
        self.assertEqual(told.args[0]["customer"], "Barbara Liskov")

    def test_a_task_tells_of_each_order_it_delivers(self):
        for number in (1, 2):
            Order.objects.create(number=number, status=Order.Status.READY, total=1)
        self.outbox.clear()
        with self.captureOnCommitCallbacks(execute=True):
            call_command("deliver", stdout=StringIO())
        self.assertEmitted("order.updated", namespace=KITCHEN, count=2)

    def test_the_admin_needs_to_know_nothing_of_it(self):
        self.grace.is_staff = True
        self.grace.save()
        client = Client()
        client.force_login(self.grace)
        form = {"number": 1001, "customer": "Ada", "status": "ready", "total": "1", "items": "Tea"}
        with self.captureOnCommitCallbacks(execute=True):
            client.post(reverse("admin:orders_order_change", args=[self.order.pk]), form)
        self.assertEmitted("order.updated", to=BOARD, namespace=KITCHEN, count=1)

    def test_a_customer_orders_from_the_menu_only(self):
        client = Client()
        client.force_login(self.tony)
        with self.captureOnCommitCallbacks(execute=True):
            client.post(reverse("place"), {"dish": ["Lasagne", "Caviar", "Insalata"]})
        order = Order.objects.get(owner=self.tony)
        self.assertEqual((order.items, str(order.total)), ("Lasagne, Insalata", "18.70"))
        self.assertEmitted("order.created", namespace=KITCHEN, count=1)


class Pages(OrdersTestCase):
    """Who sees what, and what the pages carry."""

    def page(self, user, path):
        """Gets a page."""
        client = Client()
        client.force_login(user)
        return client.get(path)

    def test_an_order_is_for_its_owner_and_the_kitchen(self):
        path = self.order.get_absolute_url()
        self.assertContains(self.page(self.ada, path), 'name="realtime-room"', count=1)
        self.assertContains(self.page(self.grace, path), "cooking →")
        self.assertNotContains(self.page(self.ada, path), "cooking →")
        self.assertEqual(self.page(self.tony, path).status_code, 404)

    def test_only_scripts_with_the_nonce_of_the_page_run(self):
        answer = self.page(self.grace, "/")
        _, _, policy = answer.headers["Content-Security-Policy"].partition("script-src ")
        nonce = policy[len("'nonce-") : -1]
        self.assertContains(answer, f'nonce="{nonce}"', count=3)
