// @root/acme: node root_acme.js get|renew NAME DIRECTORY FOLDER WEB
'use strict';
const ACME = require('@root/acme');
const CSR = require('@root/csr');
const Keypairs = require('@root/keypairs');
const PEM = require('@root/pem/packer');
const fs = require('fs');
const path = require('path');

require('@root/acme/maintainers.js').init = () => {}; // it would report us to its makers

const [, name, directoryUrl, folder, web] = process.argv.slice(2);
const file = (end) => path.join(folder, end);

async function key(end) {
	if (!fs.existsSync(file(end))) {
		const pair = await Keypairs.generate({ kty: 'EC', format: 'jwk' });
		fs.writeFileSync(file(end), JSON.stringify(pair.private), { mode: 0o600 });
	}
	return JSON.parse(fs.readFileSync(file(end)));
}

const webroot = {
	propagationDelay: 0, // 5 s, unless told
	init: async () => null,
	set: async ({ challenge }) => {
		fs.writeFileSync(path.join(web, challenge.token), challenge.keyAuthorization);
		return null;
	},
	get: async () => null,
	remove: async ({ challenge }) => {
		fs.unlinkSync(path.join(web, challenge.token));
		return null;
	},
};

async function main() {
	const acme = ACME.create({
		maintainerEmail: 'user@example.internal',
		packageAgent: 'mayfly-e2e/1.0',
		skipChallengeTest: true, // it would look at port 80
		skipDryRun: true,
		notify: () => {},
	});
	await acme.init(directoryUrl);
	const accountKey = await key('account.json');
	const account = await acme.accounts.create({
		subscriberEmail: 'user@example.internal',
		agreeToTerms: true,
		accountKey,
	});
	const der = await CSR.csr({
		jwk: await key(name + '.json'),
		domains: [name],
		encoding: 'der',
	});
	const pems = await acme.certificates.create({
		account,
		accountKey,
		csr: PEM.packBlock({ type: 'CERTIFICATE REQUEST', bytes: der }),
		domains: [name],
		challenges: { 'http-01': webroot },
		skipDryRun: true,
	});
	fs.writeFileSync(file(name + '.pem'), `${pems.cert.trim()}\n${pems.chain.trim()}\n`);
}

main().catch((e) => {
	console.error(e);
	process.exit(1);
});
