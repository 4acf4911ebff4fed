// acme-client: node acme_client.js get|renew|revoke NAME DIRECTORY FOLDER WEB
'use strict';
const acme = require('acme-client');
const fs = require('fs');
const path = require('path');

const [verb, name, directoryUrl, folder, web] = process.argv.slice(2);
const file = (end) => path.join(folder, end);

async function kept(end, make) {
	if (!fs.existsSync(file(end))) {
		fs.writeFileSync(file(end), await make(), { mode: 0o600 });
	}
	return fs.readFileSync(file(end));
}

async function main() {
	const accountKey = await kept('account.key', () => acme.crypto.createPrivateEcdsaKey());
	const client = new acme.Client({ directoryUrl, accountKey });
	if (verb === 'revoke') {
		await client.createAccount({ termsOfServiceAgreed: true });
		await client.revokeCertificate(fs.readFileSync(file(name + '.pem')), { reason: 4 });
		return;
	}
	const [key, csr] = await acme.crypto.createCsr({ altNames: [name] });
	const pem = await client.auto({
		csr,
		email: 'user@example.internal',
		termsOfServiceAgreed: true,
		skipChallengeVerification: true, // it would look at port 80
		challengePriority: ['http-01'],
		challengeCreateFn: async (authz, challenge, proof) =>
			fs.writeFileSync(path.join(web, challenge.token), proof),
		challengeRemoveFn: async (authz, challenge) =>
			fs.unlinkSync(path.join(web, challenge.token)),
	});
	fs.writeFileSync(file(name + '.key'), key, { mode: 0o600 });
	fs.writeFileSync(file(name + '.pem'), pem);
}

main().catch((e) => {
	console.error(e);
	process.exit(1);
});
