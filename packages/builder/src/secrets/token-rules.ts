import type { Rule } from './rule.ts';
import { isJwt } from './jwt.ts';

/** A rule for tokens that begin with a fixed prefix. */
function prefixed(id: string, what: string, anchors: readonly string[], pattern: RegExp): Rule {
  return { id, what, anchors, pattern };
}

/**
 * Credentials that can be told by their shape alone. A token counts wherever it stands, also inside a longer word;
 * upper bounds keep the patterns linear. Anchors leave out a first letter that base64 is full of where runs of it
 * (`AAAA`) would slow the look for them down.
 */
export const TOKEN_RULES: readonly Rule[] = [
  // Cloud providers and what runs beside them
  prefixed(
    'aws-access-key-id',
    'AWS access key id',
    ['KIA', 'SIA', 'BIA', 'CCA'],
    /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])/g,
  ),
  prefixed('google-api-key', 'Google API key', ['Iza'], /AIza[\w-]{35}/g),
  prefixed('google-oauth-secret', 'Google OAuth client secret', ['GOCSPX-'], /GOCSPX-[\w-]{20,64}/g),
  prefixed('google-oauth-token', 'Google OAuth access token', ['ya29.'], /ya29\.[\w.-]{20,2048}/g),
  prefixed(
    'azure-storage-key',
    'Azure storage account key',
    ['ccountKey=', 'ccessKey='],
    /(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/%]{40,120}={0,2}/g,
  ),
  prefixed(
    'azure-sas',
    'signature of an Azure shared access URL',
    ['sig='],
    /(?<=[?&;])sig=[A-Za-z0-9%+/_-]{40,120}={0,2}/g,
  ),
  prefixed(
    'azure-client-secret',
    'Azure client secret',
    ['Q~'],
    /(?<![\w.~-])[\w.~-]{3}[0-9]Q~[\w.~-]{31,34}/g,
  ),
  prefixed(
    'digitalocean-token',
    'DigitalOcean token',
    ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    /do[opr]_v1_[a-f0-9]{64}/g,
  ),
  prefixed(
    'alibaba-access-key-id',
    'Alibaba Cloud access key id',
    ['LTAI'],
    /(?<![A-Za-z0-9])LTAI[A-Za-z0-9]{12,26}(?![A-Za-z0-9])/g,
  ),
  prefixed('vault-token', 'Vault token', ['hvs.', 'hvb.', 'hvr.'], /(?<![\w])hv[sbr]\.[\w-]{20,300}/g),
  prefixed(
    'terraform-cloud-token',
    'Terraform Cloud token',
    ['.atlasv1.'],
    /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w-]{50,90}/g,
  ),
  prefixed('heroku-token', 'Heroku token', ['HRKU-'], /HRKU-[\w-]{36,80}/g),
  prefixed('fly-token', 'Fly.io token', ['fm1r_', 'fm2_', 'fo1_'], /(?:fm1r_|fm2_|fo1_)[\w+/=-]{40,2048}/g),
  prefixed('databricks-token', 'Databricks token', ['dapi'], /dapi[a-f0-9]{32}(?:-[0-9])?/g),
  prefixed(
    'doppler-token',
    'Doppler token',
    ['dp.'],
    /(?<!\w)dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{38,80}/g,
  ),
  prefixed('pulumi-token', 'Pulumi token', ['pul-'], /pul-[a-f0-9]{40}/g),
  prefixed('onepassword-token', '1Password service account token', ['ops_eyJ'], /ops_eyJ[\w-]{100,2048}/g),
  prefixed('tailscale-key', 'Tailscale key', ['tskey-'], /tskey-[a-z]{2,16}-[\w-]{16,100}/g),
  prefixed('cloudflare-ca-key', 'Cloudflare origin CA key', ['v1.0-'], /v1\.0-[a-f0-9]{24}-[a-f0-9]{146}/g),
  // Git hosts and CI
  prefixed(
    'github-token',
    'GitHub token',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    /gh[pousr]_[\w.-]{36,1024}/g,
  ),
  prefixed(
    'github-fine-grained-token',
    'GitHub fine-grained token',
    ['github_pat_'],
    /github_pat_\w{40,255}/g,
  ),
  prefixed(
    'gitlab-token',
    'GitLab token',
    [
      'glpat-',
      'gldt-',
      'glrt-',
      'glrtr-',
      'glcbt-',
      'glptt-',
      'glft-',
      'glsoat-',
      'glimt-',
      'glagent-',
      'gloas-',
      'glffct-',
      'glwt-',
    ],
    /gl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|imt|agent|oas|ffct|wt)-[\w.=-]{20,300}/g,
  ),
  prefixed(
    'gitlab-runner-token',
    'GitLab runner registration token',
    ['GR1348941'],
    /GR1348941[\w-]{20,64}/g,
  ),
  prefixed(
    'atlassian-token',
    'Atlassian or Bitbucket token',
    ['TATT3', 'TCTT3', 'TBB'],
    /(?:AT[AC]TT3[\w=-]{60,1024}|ATBB[A-Za-z0-9]{24,64})/g,
  ),
  prefixed(
    'azure-devops-token',
    'Azure DevOps token',
    ['ZDO'],
    /(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}/g,
  ),
  prefixed('buildkite-token', 'Buildkite token', ['bkua_', 'bkct_'], /bk(?:ua|ct)_[\w-]{40,300}/g),
  prefixed('circleci-token', 'CircleCI token', ['CCIPAT_', 'CCIPRJ_'], /CCIP(?:AT|RJ)_\w{22}_[a-f0-9]{40}/g),
  prefixed('sonar-token', 'SonarQube token', ['sqp_', 'squ_', 'sqa_'], /sq[pua]_[a-f0-9]{40}/g),
  // Package and image registries
  prefixed('npm-token', 'npm token', ['npm_'], /npm_[A-Za-z0-9]{36}/g),
  prefixed('pypi-token', 'PyPI token', ['pypi-AgE'], /pypi-AgE[\w-]{50,2048}/g),
  prefixed('rubygems-token', 'RubyGems token', ['rubygems_'], /rubygems_[a-f0-9]{48}/g),
  prefixed('crates-token', 'crates.io token', ['cio'], /(?<![A-Za-z0-9])cio[A-Za-z0-9]{32}(?![A-Za-z0-9])/g),
  prefixed('nuget-key', 'NuGet API key', ['oy2'], /(?<![A-Za-z0-9])oy2[a-z0-9]{43}(?![A-Za-z0-9])/g),
  prefixed('docker-token', 'Docker Hub token', ['dckr_pat_', 'dckr_oat_'], /dckr_[po]at_[\w-]{24,64}/g),
  prefixed(
    'artifactory-token',
    'Artifactory key or token',
    ['KCp', 'cmVmdGtuOj'],
    /(?<![A-Za-z0-9])(?:AKCp[A-Za-z0-9]{60,80}|cmVmdGtuOj[A-Za-z0-9]{50,60})/g,
  ),
  prefixed('packagist-token', 'Packagist token', ['packagist_'], /packagist_[a-z]{3}_[a-f0-9]{60,80}/g),
  prefixed('clojars-token', 'Clojars token', ['CLOJARS_'], /CLOJARS_[a-z0-9]{60}/g),
  // Chat
  prefixed(
    'slack-token',
    'Slack token',
    ['xox', 'xapp-'],
    /(?:xox[abeoprsd](?:\.xox[bp])?|xapp)-[\w-]{16,400}/g,
  ),
  prefixed(
    'slack-webhook',
    'Slack webhook',
    ['hooks.slack.com/'],
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/[\w/-]{20,200}/g,
  ),
  prefixed(
    'discord-webhook',
    'Discord webhook',
    ['/api/webhooks/'],
    /discord(?:app)?\.com\/api\/webhooks\/[0-9]{15,22}\/[\w-]{50,100}/g,
  ),
  prefixed(
    'discord-token',
    'Discord bot token',
    ['.'],
    /(?<![\w.-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])/g,
  ),
  prefixed(
    'telegram-token',
    'Telegram bot token',
    [':AA'],
    /(?<![0-9A-Za-z])[0-9]{8,10}:AA[\w-]{33}(?![\w-])/g,
  ),
  prefixed(
    'teams-webhook',
    'Microsoft Teams webhook',
    ['/webhookb2/'],
    /webhook\.office\.com\/webhookb2\/[\w@/.-]{60,400}/g,
  ),
  // Services that builds talk to
  prefixed(
    'stripe-key',
    'Stripe key',
    ['k_live_', 'k_test_', 'whsec_'],
    /(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,200}|whsec_[A-Za-z0-9+/=]{24,100})/g,
  ),
  prefixed('sendgrid-key', 'SendGrid key', ['SG.'], /(?<!\w)SG\.[\w-]{22}\.[\w-]{43}/g),
  prefixed('anthropic-key', 'Anthropic key', ['sk-ant-'], /sk-ant-[\w-]{24,200}/g),
  prefixed('openai-key', 'OpenAI key', ['T3BlbkFJ'], /sk-[\w-]{16,120}T3BlbkFJ[\w-]{16,120}/g),
  prefixed(
    'huggingface-token',
    'Hugging Face token',
    ['hf_'],
    /(?<![A-Za-z0-9])hf_[A-Za-z]{34}(?![A-Za-z0-9])/g,
  ),
  prefixed('linear-key', 'Linear key', ['lin_api_'], /lin_api_[A-Za-z0-9]{40}/g),
  prefixed(
    'shopify-token',
    'Shopify token',
    ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    /shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/g,
  ),
  prefixed(
    'grafana-token',
    'Grafana token',
    ['glsa_', 'glc_eyJ'],
    /(?:glsa_\w{32}_[a-f0-9]{8}|glc_eyJ[\w+/=-]{30,400})/g,
  ),
  prefixed('newrelic-key', 'New Relic key', ['NRAK-'], /NRAK-[A-Z0-9]{27}/g),
  prefixed(
    'sentry-token',
    'Sentry token',
    ['sntrys_eyJ', 'sntryu_'],
    /(?:sntrys_eyJ[\w+/=-]{60,400}|sntryu_[a-f0-9]{64})/g,
  ),
  prefixed('postman-key', 'Postman key', ['PMAK-'], /PMAK-[a-f0-9]{24}-[a-f0-9]{34}/g),
  prefixed('mailgun-key', 'Mailgun key', ['key-'], /(?<!\w)key-[a-f0-9]{32}(?!\w)/g),
  prefixed('twilio-key', 'Twilio key', ['SK'], /(?<![A-Za-z0-9])SK[a-f0-9]{32}(?![A-Za-z0-9])/g),
  {
    id: 'jwt',
    what: 'JSON Web Token',
    anchors: ['eyJ', 'ewo'],
    // The parts of a word without dots are read once each: a part starts where no part can continue.
    pattern: /(?<![\w.-])(?:eyJ|ewo)[\w-]{8,16384}\.[\w-]{2,65536}(?:\.[\w-]{0,65536}){1,3}/g,
    isSecret: isJwt,
  },
];
