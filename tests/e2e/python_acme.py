"""python3-acme, the library: python_acme.py get|renew|revoke NAME DIRECTORY FOLDER WEB"""
import os
import sys

import josepy
from acme import challenges, client, crypto_util, errors, messages
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import crypto

verb, name, directory, folder, web = sys.argv[1:]


def kept(end):
    path = os.path.join(folder, end)
    if not os.path.exists(path):
        key = rsa.generate_private_key(65537, 2048)
        with open(path, "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()))
    with open(path, "rb") as f:
        return f.read()


def register(acme):
    """By key: the second time it is told where its account is."""
    try:
        acme.new_account(messages.NewRegistration.from_data(
            email="user@example.internal", terms_of_service_agreed=True))
    except errors.ConflictError as e:
        acme.net.account = messages.RegistrationResource(uri=e.location, body=messages.Registration())


def prove(acme, order, account):
    for authz in order.authorizations:
        if authz.body.status == messages.STATUS_VALID:
            continue
        for offered in authz.body.challenges:
            if isinstance(offered.chall, challenges.HTTP01):
                response, proof = offered.response_and_validation(account)
                with open(os.path.join(web, offered.chall.encode("token")), "w") as f:
                    f.write(proof)
                acme.answer_challenge(offered, response)


def main():
    account = josepy.JWKRSA.load(kept("account.key"))
    net = client.ClientNetwork(account, user_agent="mayfly-e2e")
    acme = client.ClientV2(client.ClientV2.get_directory(directory, net), net)
    register(acme)
    path = os.path.join(folder, name + ".pem")
    if verb == "revoke":
        with open(path, "rb") as f:
            cert = crypto.load_certificate(crypto.FILETYPE_PEM, f.read())
        acme.revoke(josepy.ComparableX509(cert), 4)
        return
    order = acme.new_order(crypto_util.make_csr(kept(name + ".key"), [name]))
    prove(acme, order, account)
    order = acme.poll_and_finalize(order)
    with open(path, "w") as f:
        f.write(order.fullchain_pem)


main()
