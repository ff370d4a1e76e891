# The lab in an image, for docker-compose.yml: nothing but the base image and `npm ci`.
FROM node:20-bookworm-slim
WORKDIR /app
COPY . .
RUN npm ci
ENTRYPOINT ["node", "lab/bin.mjs"]
